/** Key files, by which clients and workers recognise each other. */
export { createKeyFile } from '../temporal/seal/key-file.js'
export { rotateKeyFile } from '../temporal/seal/rotation.js'
