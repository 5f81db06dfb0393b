package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.outboxpipeline.testkit.TestImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.mysql.MySQLContainer;

/** A database's certificate is looked at with the authorities that the settings name. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DatabaseTrustIT {
  private static final String PASSWORD = "a store's password, with blanks";

  private final Path folder;
  private MySQLContainer mysql;
  private Path pem;
  private Path other;

  DatabaseTrustIT(@TempDir Path folder) {
    this.folder = folder;
    this.pem = folder.resolve("ca.pem");
    this.other = folder.resolve("other.pem");
  }

  @BeforeAll
  void start() throws IOException {
    TestImage.MYSQL.need("DatabaseTrustIT");
    mysql = new MySQLContainer(TestImage.MYSQL.of()).withUsername("root").withPassword("test");
    mysql.start();
    mysql.copyFileFromContainer("/var/lib/mysql/ca.pem", pem.toString());
    mysql.copyFileFromContainer("/var/lib/mysql/client-cert.pem", other.toString());
  }

  @AfterAll
  void stop() {
    if (mysql != null) {
      mysql.close();
    }
  }

  private static Certificate certificate(Path file) throws Exception {
    try (InputStream in = Files.newInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  private Path store(String type, Certificate trusted) throws Exception {
    KeyStore store = KeyStore.getInstance(type);
    store.load(null, null);
    store.setCertificateEntry("ca", trusted);
    Path file = folder.resolve(type);
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, PASSWORD.toCharArray());
    }
    return file;
  }

  private Settings settings(Map<String, String> more) {
    var environment = new HashMap<String, String>();
    environment.put("MYSQL_HOST", mysql.getHost());
    environment.put("MYSQL_PORT", mysql.getMappedPort(3306).toString());
    environment.put("MYSQL_DATABASE", mysql.getDatabaseName());
    environment.put("MYSQL_USER", "root");
    environment.put("MYSQL_PASSWORD", "test");
    environment.put("MYSQL_CONNECT_TIMEOUT", "3s");
    environment.putAll(more);
    return Settings.of(environment);
  }

  private String cipher(Map<String, String> more) throws SQLException {
    Settings s = settings(more);
    MySqlSettings read = MySqlSettings.read(s, 2);
    s.check();
    try (var metrics = new Metrics();
        var pool = read.open("test", true, metrics.registry());
        Connection c = pool.getConnection();
        var statement = c.createStatement();
        var row = statement.executeQuery("SHOW SESSION STATUS LIKE 'Ssl_cipher'")) {
      row.next();
      return row.getString(2);
    }
  }

  private DatabaseTrouble trouble(Map<String, String> more) {
    return DatabaseTrouble.of(catchThrowable(() -> cipher(more)));
  }

  @Test
  void authorities_come_from_a_pem_file_or_a_store_with_any_password() throws Exception {
    assertThat(cipher(Map.of("MYSQL_SSL_MODE", "verify-ca", "MYSQL_CA_FILE", pem.toString())))
        .isNotEmpty();
    for (String type : new String[] {"PKCS12", "JKS"}) {
      assertThat(
              cipher(
                  Map.of(
                      "MYSQL_SSL_MODE",
                      "verify-ca",
                      "MYSQL_TRUST_STORE",
                      store(type, certificate(pem)).toString(),
                      "MYSQL_TRUST_STORE_PASSWORD",
                      PASSWORD)))
          .isNotEmpty();
    }
  }

  @Test
  void a_bundle_with_texts_and_other_authorities_is_read_whole() throws Exception {
    Path bundle =
        Files.writeString(
            folder.resolve("bundle.pem"),
            "# an authority\nSubject: a - b\n"
                + Files.readString(other).replace("\n", "\r\n")
                + "\n\n"
                + Files.readString(pem)
                + "the end");
    assertThat(cipher(Map.of("MYSQL_SSL_MODE", "verify-ca", "MYSQL_CA_FILE", bundle.toString())))
        .isNotEmpty();
  }

  @Test
  void another_authority_or_a_name_that_is_not_the_hosts_is_told_as_the_certificate() {
    assertThat(trouble(Map.of("MYSQL_SSL_MODE", "verify-ca", "MYSQL_CA_FILE", other.toString())))
        .extracting(DatabaseTrouble::category)
        .isEqualTo(DatabaseTrouble.Category.CERTIFICATE);
    assertThat(
            trouble(Map.of("MYSQL_SSL_MODE", "verify-identity", "MYSQL_CA_FILE", pem.toString())))
        .extracting(DatabaseTrouble::category)
        .isEqualTo(DatabaseTrouble.Category.CERTIFICATE);
  }

  @Test
  void tls_is_required_unless_told_otherwise() throws SQLException {
    assertThat(cipher(Map.of())).isNotEmpty();
    assertThat(MySqlSettings.read(settings(Map.of()), 2).sslMode()).isEqualTo(SslMode.REQUIRED);
  }

  @Test
  void a_store_for_the_database_changes_nothing_for_other_connections() throws Exception {
    SSLContext before = SSLContext.getDefault();
    String property = System.getProperty("javax.net.ssl.trustStore");
    cipher(Map.of("MYSQL_SSL_MODE", "verify-ca", "MYSQL_CA_FILE", pem.toString()));
    assertThat(SSLContext.getDefault()).isSameAs(before);
    assertThat(System.getProperty("javax.net.ssl.trustStore")).isEqualTo(property);
    assertThat(KeyStore.getInstance(KeyStore.getDefaultType()).getType())
        .isEqualTo(KeyStore.getDefaultType());
  }

  @Test
  void what_cannot_be_read_or_is_not_looked_at_is_a_bad_key() throws Exception {
    Path empty = Files.writeString(folder.resolve("empty.pem"), "nothing\n");
    String store = store("PKCS12", certificate(pem)).toString();
    for (var wrong :
        Map.of(
                Map.of("MYSQL_SSL_MODE", "verify-ca", "MYSQL_CA_FILE", "/nowhere"),
                "MYSQL_CA_FILE) is \"/nowhere\": that file does not exist",
                Map.of("MYSQL_SSL_MODE", "verify-ca", "MYSQL_CA_FILE", empty.toString()),
                "MYSQL_CA_FILE) cannot be read: there is no certificate in it",
                Map.of("MYSQL_CA_FILE", pem.toString()),
                "MYSQL_CA_FILE) is only looked at with mysql.ssl-mode",
                Map.of(
                    "MYSQL_SSL_MODE",
                    "verify-ca",
                    "MYSQL_TRUST_STORE",
                    store,
                    "MYSQL_TRUST_STORE_PASSWORD",
                    "wr0ng"),
                "MYSQL_TRUST_STORE) cannot be read: ",
                Map.of(
                    "MYSQL_SSL_MODE",
                    "verify-ca",
                    "MYSQL_CA_FILE",
                    pem.toString(),
                    "MYSQL_TRUST_STORE",
                    store),
                "MYSQL_CA_FILE) is set, and so is MYSQL_TRUST_STORE")
            .entrySet()) {
      Settings s = settings(wrong.getKey());
      MySqlSettings.read(s, 2);
      assertThatThrownBy(s::check)
          .hasMessageContaining(wrong.getValue())
          .message()
          .doesNotContain("wr0ng");
    }
  }
}
