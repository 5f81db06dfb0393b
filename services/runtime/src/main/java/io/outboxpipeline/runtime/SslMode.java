package io.outboxpipeline.runtime;

/** How far a connection to the database must be protected; Connector/J's modes. */
public enum SslMode {
  /** No TLS. */
  DISABLED,
  /** TLS if the server has it; certificates are not looked at. */
  PREFERRED,
  /** TLS or no connection; certificates are not looked at. */
  REQUIRED,
  /** TLS with a certificate of a trusted authority. */
  VERIFY_CA,
  /** TLS with a certificate of a trusted authority that names the host. */
  VERIFY_IDENTITY
}
