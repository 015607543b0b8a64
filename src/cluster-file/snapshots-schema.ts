/** The fields of `spec.etcd.snapshots`. */
import { z } from 'zod'
import { text } from './fields.js'
import { storedSecret } from './ssh-settings/schema.js'

const keep = z
  .strictObject({
    count: z
      .int()
      .min(1)
      .max(1000)
      .default(7)
      .meta({ description: 'How many stay in each place, the newest.', examples: [14] }),
    days: z
      .int()
      .min(1)
      .max(3650)
      .meta({
        description: 'Older ones go even if they are among those; never the newest one that was verified.',
        examples: [30],
      })
      .optional(),
  })
  .prefault({})
  .meta({ description: 'Which snapshots stay.' })

const s3 = z
  .strictObject({
    bucket: text('bucket', 'Name of the bucket.'),
    region: text('region', 'Region of the bucket. Stores other than Amazon S3 mostly ignore it.').default(
      'us-east-1',
    ),
    endpoint: text(
      'url',
      "URL of the store; Amazon S3's own unless given. Buckets are then named in the path.",
      'https://minio.example.com:9000',
    ).optional(),
    prefix: text('objectPrefix', 'What the names of the objects begin with.').optional(),
    accessKeyId: text('accessKeyId', 'Access key ID: the name of the key, not the key itself.'),
    secretAccessKeyFrom: storedSecret(
      'Where the secret access key is.',
      'S3_SECRET_ACCESS_KEY',
      '~/.quorate/s3-secret-access-key',
    ),
  })
  .meta({ description: 'A bucket of an object store that speaks the S3 API.' })
  .optional()

/** `spec.etcd.snapshots`. */
export const snapshotsSchema = z
  .strictObject({
    keep,
    encryptTo: z
      .array(
        text(
          'ageRecipient',
          'Public key that age-keygen prints. Keep the identity that belongs to it away from the cluster.',
        ),
      )
      .min(1)
      .meta({
        description:
          'Who can open the archives of copies, which hold the keys of the cluster beside the snapshot: age recipients.',
      })
      .optional(),
    copies: z
      .array(
        z.strictObject({
          folder: text(
            'path',
            "A folder on the worker's machine; made if it is missing.",
            '~/backups/prod',
          ).optional(),
          s3,
        }),
      )
      .min(1)
      .meta({ description: 'Where an encrypted archive of each snapshot goes as well: a folder, or s3.' })
      .optional(),
  })
  .optional()
  .meta({ description: "Snapshots that quorate etcd snapshot takes; every etcd member's host keeps them." })
