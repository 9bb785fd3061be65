/** The parameters of pgpool.conf that TLS needs, as the configuration gives them; '' is unset. Paths are absolute. */
export interface TlsSettings {
  readonly ssl_key: string;
  readonly ssl_cert: string;
  readonly ssl_ca_cert: string;
  readonly ssl_ca_cert_dir: string;
  readonly ssl_crl_file: string;
  readonly ssl_ciphers: string;
  readonly ssl_prefer_server_ciphers: boolean;
  readonly ssl_ecdh_curve: string;
  readonly ssl_dh_params_file: string;
  readonly ssl_passphrase_command: string;
}
