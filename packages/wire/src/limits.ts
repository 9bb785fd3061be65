/** PostgreSQL's MAX_STARTUP_PACKET_LENGTH: bytes of a startup packet after its length word. */
export const STARTUP_BYTES_MAX = 10_000;

/** Largest message body either side of PostgreSQL will build or take: 1 GB - 1, its limit of one allocation. */
export const MESSAGE_BYTES_MAX = 0x3fffffff;

/** Cancel keys: 4 bytes in protocol 3.0, up to 256 from 3.2 on. */
export const CANCEL_KEY_BYTES_MIN = 4;
export const CANCEL_KEY_BYTES_MAX = 256;
