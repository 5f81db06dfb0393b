package io.outboxpipeline.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * Which authorities may vouch for the database. It changes nothing for other connections of the
 * process, such as those to SQS.
 */
public sealed interface DatabaseTrust {

  /** Those that Java trusts. */
  record Platform() implements DatabaseTrust {}

  /** Those of a file with certificates in PEM form, and no others. */
  record Authorities(Path file) implements DatabaseTrust {}

  /** Those of a Java trust store (PKCS #12 or JKS), and no others. */
  record Store(Path file, Secret password) implements DatabaseTrust {}

  /**
   * The settings {@code mysql.ca-file} and {@code mysql.trust-store}. What can't be read, or would
   * not be looked at, is a bad key.
   */
  static DatabaseTrust read(Settings s, SslMode mode) {
    Optional<String> pem = s.optionalText("mysql.ca-file", "MYSQL_CA_FILE");
    Optional<String> store = s.optionalText("mysql.trust-store", "MYSQL_TRUST_STORE");
    Optional<Secret> password =
        s.optionalSecret("mysql.trust-store-password", "MYSQL_TRUST_STORE_PASSWORD");
    if (pem.isPresent() && store.isPresent()) {
      s.problem("mysql.ca-file", "MYSQL_CA_FILE", "is set, and so is MYSQL_TRUST_STORE");
    }
    if (pem.isPresent()) {
      return checked(
          s, "mysql.ca-file", "MYSQL_CA_FILE", mode, new Authorities(Path.of(pem.get())));
    }
    if (store.isPresent()) {
      return checked(
          s,
          "mysql.trust-store",
          "MYSQL_TRUST_STORE",
          mode,
          new Store(Path.of(store.get()), password.orElse(new Secret(""))));
    }
    return new Platform();
  }

  private static DatabaseTrust checked(
      Settings s, String key, String variable, SslMode mode, DatabaseTrust trust) {
    if (mode != SslMode.VERIFY_CA && mode != SslMode.VERIFY_IDENTITY) {
      s.problem(
          key,
          variable,
          "is only looked at with mysql.ssl-mode (MYSQL_SSL_MODE) verify-ca or verify-identity");
      return trust;
    }
    try {
      trust.trustManagers();
    } catch (NoSuchFileException e) {
      s.problem(key, variable, "is \"" + e.getFile() + "\": that file does not exist");
    } catch (IOException | GeneralSecurityException e) {
      s.problem(key, variable, "cannot be read: " + e.getMessage());
    }
    return trust;
  }

  /** What the driver is told; empty if it finds what Java trusts by itself. */
  default Map<String, String> driverProperties() {
    return switch (this) {
      case Platform() -> Map.of();
      case Authorities(Path file) -> {
        PemKeyStore.register();
        yield properties(file, PemKeyStore.TYPE, "");
      }
      // Java reads a JKS by this name, too.
      case Store(Path file, Secret password) -> properties(file, "PKCS12", password.value());
    };
  }

  private static Map<String, String> properties(Path file, String type, String password) {
    return Map.of(
        "trustCertificateKeyStoreUrl",
        file.toUri().toString(),
        "trustCertificateKeyStoreType",
        type,
        "trustCertificateKeyStorePassword",
        password,
        "fallbackToSystemTrustStore",
        "false");
  }

  /**
   * For a connection that is not the driver's; empty for those that Java trusts.
   *
   * @throws NoSuchFileException if there is no such file
   * @throws IOException if the file can't be read, or its password is wrong
   * @throws GeneralSecurityException if what is in it is no certificate
   */
  default Optional<TrustManager[]> trustManagers() throws IOException, GeneralSecurityException {
    return switch (this) {
      case Platform() -> Optional.empty();
      case Authorities(Path file) -> {
        PemKeyStore.register();
        yield Optional.of(trustManagers(file, PemKeyStore.TYPE, ""));
      }
      case Store(Path file, Secret password) ->
          Optional.of(trustManagers(file, "PKCS12", password.value()));
    };
  }

  private static TrustManager[] trustManagers(Path file, String type, String password)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(type);
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, password.toCharArray());
    }
    if (store.size() == 0) {
      throw new GeneralSecurityException("there is no certificate in it");
    }
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
