/** Which rooms each room of src/ may import from, the lowest room first. */
export declare const MAY_IMPORT: Readonly<Record<string, readonly string[]>>
