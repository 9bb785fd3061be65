/** Type bytes of messages a frontend sends. The same byte may mean something else from a backend. */
export const Frontend = {
  BIND: 0x42, // B
  CLOSE: 0x43, // C
  COPY_DATA: 0x64, // d
  COPY_DONE: 0x63, // c
  COPY_FAIL: 0x66, // f
  DESCRIBE: 0x44, // D
  EXECUTE: 0x45, // E
  FLUSH: 0x48, // H
  FUNCTION_CALL: 0x46, // F
  PARSE: 0x50, // P
  /** PasswordMessage, SASLInitialResponse, SASLResponse and GSSResponse share it; the state of sign-in tells them apart. */
  PASSWORD: 0x70, // p
  QUERY: 0x51, // Q
  SYNC: 0x53, // S
  TERMINATE: 0x58, // X
} as const;
export type FrontendType = (typeof Frontend)[keyof typeof Frontend];

/** Type bytes of messages a backend sends. */
export const Backend = {
  AUTHENTICATION: 0x52, // R
  BACKEND_KEY_DATA: 0x4b, // K
  BIND_COMPLETE: 0x32, // 2
  CLOSE_COMPLETE: 0x33, // 3
  COMMAND_COMPLETE: 0x43, // C
  COPY_BOTH_RESPONSE: 0x57, // W
  COPY_DATA: 0x64, // d
  COPY_DONE: 0x63, // c
  COPY_IN_RESPONSE: 0x47, // G
  COPY_OUT_RESPONSE: 0x48, // H
  DATA_ROW: 0x44, // D
  EMPTY_QUERY_RESPONSE: 0x49, // I
  ERROR_RESPONSE: 0x45, // E
  FUNCTION_CALL_RESPONSE: 0x56, // V
  NEGOTIATE_PROTOCOL_VERSION: 0x76, // v
  NO_DATA: 0x6e, // n
  NOTICE_RESPONSE: 0x4e, // N
  NOTIFICATION_RESPONSE: 0x41, // A
  PARAMETER_DESCRIPTION: 0x74, // t
  PARAMETER_STATUS: 0x53, // S
  PARSE_COMPLETE: 0x31, // 1
  PORTAL_SUSPENDED: 0x73, // s
  READY_FOR_QUERY: 0x5a, // Z
  ROW_DESCRIPTION: 0x54, // T
} as const;
export type BackendType = (typeof Backend)[keyof typeof Backend];

/** The Int32 after 'R' that says which authentication message this is. */
export const AuthenticationCode = {
  OK: 0,
  CLEARTEXT: 3,
  MD5: 5,
  GSS: 7,
  GSS_CONTINUE: 8,
  SSPI: 9,
  SASL: 10,
  SASL_CONTINUE: 11,
  SASL_FINAL: 12,
} as const;
