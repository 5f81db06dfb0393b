package io.outboxpipeline.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.dynamodb.RaisedNumbers;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.runtime.DynamoDbSettings;
import io.outboxpipeline.runtime.InvalidSettings;
import io.outboxpipeline.runtime.Settings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A command for a table of DynamoDB that was restored: raises the items' numbers to those of the
 * consumer's inbox. Reads a line an aggregate, type, id and number with tabs between, as {@code
 * mysql --batch} writes them; ends with 1 if something was wrong, with 2 if an aggregate has no
 * item.
 */
public final class RaiseNumbers {
  private static final Duration CALL = Duration.ofSeconds(10);
  private static final int COLUMNS = 3;
  private static final int MISSING = 2;

  private RaiseNumbers() {}

  public static void main(String[] args) throws IOException {
    int code;
    try (var in = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      Settings settings = Settings.of(System.getenv());
      DynamoDbSettings tables = DynamoDbSettings.read(settings);
      settings.check();
      try (var client = tables.open(CALL, 1)) {
        code = run(new RaisedNumbers(client, tables.table()), in, System.out);
      }
    } catch (InvalidSettings | IllegalArgumentException e) {
      System.err.println("raise-numbers: " + e.getMessage());
      code = 1;
    }
    System.exit(code);
  }

  static int run(RaisedNumbers numbers, BufferedReader in, PrintStream out) throws IOException {
    Map<Aggregate, Long> seen = read(in);
    RaisedNumbers.Report report = numbers.raise(seen);
    out.printf(
        Locale.ROOT,
        "%d raised, %d had the number, %d have no item%n",
        report.raised().size(),
        report.kept().size(),
        report.missing().size());
    report
        .missing()
        .forEach(
            a ->
                out.printf(
                    Locale.ROOT, "no item: %s %s is at %d%n", a.type(), a.id(), seen.get(a)));
    return report.missing().isEmpty() ? 0 : MISSING;
  }

  private static Map<Aggregate, Long> read(BufferedReader in) throws IOException {
    var seen = new HashMap<Aggregate, Long>();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] columns = line.split("\t", -1);
      if (columns.length != COLUMNS || !columns[2].matches("[0-9]{1,18}")) {
        throw new IllegalArgumentException("not a type, an id and a number: " + line);
      }
      seen.put(new Aggregate(plain(columns[0]), plain(columns[1])), Long.parseLong(columns[2]));
    }
    return seen;
  }

  /** As {@code mysql --batch} escapes what would look like the end of a column or a line. */
  private static String plain(String text) {
    var plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        i++;
        plain.append(
            switch (text.charAt(i)) {
              case 'n' -> '\n';
              case 't' -> '\t';
              case '0' -> '\0';
              default -> text.charAt(i);
            });
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }
}
