package io.outboxpipeline.runtime;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.KeyStoreSpi;
import java.security.Provider;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Date;
import java.util.Enumeration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Authorities in a PEM file, as a key store that others read by the name of its type. The file is
 * read anew for each connection, so one that is renewed in its place is used from then on. Text
 * around the certificates, and private keys, are passed over.
 */
public final class PemKeyStore extends KeyStoreSpi {
  /** The type's name for {@link KeyStore#getInstance(String)}. */
  static final String TYPE = "OutboxPipelinePem";

  private static final Pattern CERTIFICATE =
      Pattern.compile(
          "-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----");

  private @Nullable KeyStore certificates;

  /** Makes the type known; again and again does no harm. */
  static void register() {
    Security.addProvider(new PemProvider());
  }

  /** What Java finds the type by. */
  private static final class PemProvider extends Provider {
    private static final long serialVersionUID = 1;

    PemProvider() {
      super(TYPE, "1", "authorities in PEM files");
      putService(new Service(this, "KeyStore", TYPE, PemKeyStore.class.getName(), List.of(), null));
    }
  }

  @Override
  public void engineLoad(@Nullable InputStream in, char @Nullable [] password)
      throws IOException, CertificateException {
    try {
      KeyStore found = KeyStore.getInstance("PKCS12");
      found.load(null, null);
      if (in != null) {
        read(in, found);
      }
      certificates = found;
    } catch (CertificateException e) {
      throw e;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static void read(InputStream in, KeyStore into)
      throws IOException, GeneralSecurityException {
    String text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    var factory = CertificateFactory.getInstance("X.509");
    for (String pem : CERTIFICATE.matcher(text).results().map(m -> m.group()).toList()) {
      Certificate certificate =
          factory.generateCertificate(
              new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1)));
      into.setCertificateEntry("authority-" + into.size(), certificate);
    }
    if (into.size() == 0) {
      throw new CertificateException("there is no certificate in it");
    }
  }

  /** A question to the certificates, once they are loaded. */
  private interface Question<T extends @Nullable Object> {
    T ask(KeyStore certificates) throws KeyStoreException;
  }

  private <T extends @Nullable Object> T ask(Question<T> question) {
    if (certificates == null) {
      throw new IllegalStateException("not loaded");
    }
    try {
      return question.ask(certificates);
    } catch (KeyStoreException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Enumeration<String> engineAliases() {
    return ask(KeyStore::aliases);
  }

  @Override
  public boolean engineContainsAlias(String alias) {
    return ask(c -> c.containsAlias(alias));
  }

  @Override
  public int engineSize() {
    return ask(KeyStore::size);
  }

  @Override
  public boolean engineIsCertificateEntry(String alias) {
    return ask(c -> c.isCertificateEntry(alias));
  }

  @Override
  public @Nullable Certificate engineGetCertificate(String alias) {
    return ask(c -> c.getCertificate(alias));
  }

  @Override
  public @Nullable String engineGetCertificateAlias(Certificate certificate) {
    return ask(c -> c.getCertificateAlias(certificate));
  }

  @Override
  public @Nullable Date engineGetCreationDate(String alias) {
    return ask(c -> c.getCreationDate(alias));
  }

  @Override
  public boolean engineIsKeyEntry(String alias) {
    return false;
  }

  @Override
  public @Nullable Key engineGetKey(String alias, char[] password) {
    return null;
  }

  @Override
  public Certificate @Nullable [] engineGetCertificateChain(String alias) {
    return null;
  }

  @Override
  public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void engineSetCertificateEntry(String alias, Certificate certificate) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void engineDeleteEntry(String alias) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void engineStore(OutputStream stream, char[] password) {
    throw new UnsupportedOperationException();
  }
}
