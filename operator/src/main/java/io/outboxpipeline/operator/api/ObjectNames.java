package io.outboxpipeline.operator.api;

/** What the names of Kubernetes objects look like. */
final class ObjectNames {
  /** An RFC 1123 subdomain. */
  static final String SUBDOMAIN =
      "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

  /** A container image's reference; the registry checks the rest. */
  static final String IMAGE = "^[A-Za-z0-9][A-Za-z0-9._:/@-]*$";

  private ObjectNames() {}
}
