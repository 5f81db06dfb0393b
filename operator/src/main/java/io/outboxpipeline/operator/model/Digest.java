package io.outboxpipeline.operator.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Tells whether content is the same, and nothing else of it. */
public final class Digest {
  private Digest() {}

  /**
   * Of names and values.
   *
   * @param key what makes the digest useless to who doesn't know it; for a Secret its uid, which
   *     only those see who see the content, too
   */
  public static String of(String key, Map<String, String> content) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key.getBytes(UTF_8), "HmacSHA256"));
      NavigableMap<String, String> sorted = new TreeMap<>(content);
      sorted.forEach(
          (name, value) -> {
            byte[] bytes =
                (name.length() + ":" + name + value.length() + ":" + value).getBytes(UTF_8);
            mac.update(bytes);
          });
      return HexFormat.of().formatHex(mac.doFinal(), 0, 16);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
