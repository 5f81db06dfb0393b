package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What an event costs a business transaction of one INSERT and the commit: the same transaction
 * without an event, with rows in a usual outbox table, and with {@code append}, in turns of a
 * second. Each has a JVM of its own.
 *
 * @param events in a transaction
 * @param tls whether the connections to the database have TLS
 */
record AppendCost(String name, String title, int threads, int aggregates, int events, boolean tls)
    implements Scenario {
  private static final int ROUND_MILLIS = 1_000;
  private static final int COLD_ROUNDS = 10;

  private static final Map<String, String> UNITS =
      Map.of(
          "rate", "tx/s",
          "share", "of no event",
          "server", "ms of the server/tx",
          "client", "ms of the client/tx",
          "cold", "ms of the client/tx, first 10 s",
          "allocated", "bytes allocated/tx",
          "redo", "bytes of redo log/tx",
          "binlog", "bytes of binary log/tx");

  /** One turn of one writer. */
  private record Round(
      long transactions,
      double seconds,
      double clientCpu,
      double serverCpu,
      long allocated,
      long redo,
      long binaryLog) {

    double rate() {
      return transactions / seconds;
    }

    double each(double all) {
      return all / Math.max(1, transactions);
    }
  }

  /** A writer, and what it did. */
  private static final class Writer implements AutoCloseable {
    private final AppendWriter.Kind kind;
    private final JavaProcess program;
    private final Socket socket;
    private final List<Round> rounds = new ArrayList<>();
    private double coldClientCpu;

    Writer(AppendWriter.Kind kind, JavaProcess program, Socket socket) {
      this.kind = kind;
      this.program = program;
      this.socket = socket;
    }

    void run(DatabaseServer server) throws IOException, SQLException {
      long redo = server.redo();
      long binaryLog = server.binaryLog();
      double serverCpu = server.cpuSeconds();
      Usage before = Usage.of(program.pid());
      long began = System.nanoTime();
      new DataOutputStream(socket.getOutputStream()).writeInt(ROUND_MILLIS);
      var in = new DataInputStream(socket.getInputStream());
      long transactions = in.readLong();
      long allocated = in.readLong();
      rounds.add(
          new Round(
              transactions,
              (System.nanoTime() - began) / 1e9,
              Usage.of(program.pid()).since(before).cpuSeconds(),
              server.cpuSeconds() - serverCpu,
              allocated,
              server.redo() - redo,
              server.binaryLog() - binaryLog));
    }

    /** What came so far was the warm-up. */
    void warm() {
      List<Round> cold = rounds.subList(0, Math.min(COLD_ROUNDS, rounds.size()));
      coldClientCpu =
          cold.stream().mapToDouble(Round::clientCpu).sum()
              / Math.max(1, cold.stream().mapToLong(Round::transactions).sum());
      rounds.clear();
    }

    long transactions() {
      return rounds.stream().mapToLong(Round::transactions).sum();
    }

    double median(ToDoubleFunction<Round> of) {
      return AppendCost.median(rounds.stream().mapToDouble(of).sorted().toArray());
    }

    @Override
    public void close() throws IOException {
      socket.close();
      program.close();
    }
  }

  @Override
  public Result run(Rig rig) throws Exception {
    Database database = rig.database();
    AppendWriter.TABLES.forEach(database::execute);
    List<Writer> writers = new ArrayList<>();
    try (var connection = Rig.source(database).getConnection()) {
      var server = new DatabaseServer(database, connection);
      for (AppendWriter.Kind kind : AppendWriter.Kind.values()) {
        writers.add(start(rig, database, kind));
      }
      rounds(writers, server, rig.options().seconds());
      writers.forEach(Writer::warm);
      long before = database.number("SELECT COUNT(*) FROM obt");
      rounds(writers, server, rig.options().seconds());
      long written = writers.getLast().transactions() * events;
      Optional<String> violation = violation(database, before + written);
      return violation.isPresent()
          ? new Result.Violated(violation.get())
          : new Result.Measured(figures(writers, server.visible()), List.of());
    } finally {
      for (Writer writer : writers) {
        writer.close();
      }
    }
  }

  private Writer start(Rig rig, Database database, AppendWriter.Kind kind)
      throws IOException, InterruptedException {
    int port = JavaProcess.freePort();
    String properties =
        (tls ? "sslMode=REQUIRED" : "sslMode=DISABLED&allowPublicKeyRetrieval=true")
            + rig.options().driverProperties();
    JavaProcess program =
        rig.start(
            AppendWriter.class,
            BasePost.JVM,
            "",
            Rig.environment(
                database,
                Map.of(
                    "KIND", kind.name(),
                    "PORT", Integer.toString(port),
                    "THREADS", Integer.toString(threads),
                    "AGGREGATES", Integer.toString(aggregates),
                    "EVENTS", Integer.toString(events),
                    "PROPERTIES", properties)));
    var socket = new Socket[1];
    Rig.await("a writer", program, () -> connects(port, socket));
    return new Writer(kind, program, socket[0]);
  }

  private static boolean connects(int port, Socket[] socket) throws IOException {
    try {
      socket[0] = new Socket(InetAddress.getLoopbackAddress(), port);
      return true;
    } catch (ConnectException e) {
      return false; // it does not listen yet
    }
  }

  private static void rounds(List<Writer> writers, DatabaseServer server, int rounds)
      throws IOException, SQLException {
    for (int n = 0; n < rounds; n++) {
      for (Writer writer : writers) {
        writer.run(server);
      }
    }
  }

  /** Every event is there, and each aggregate has 1, 2, 3 … up to its counter. */
  private static Optional<String> violation(Database database, long events) {
    long there = database.number("SELECT COUNT(*) FROM obt");
    long counted = database.number("SELECT CAST(SUM(last_sequence) AS SIGNED) FROM obt_aggregate");
    long wrong =
        database.number(
            "SELECT COUNT(*) FROM (SELECT sequence, ROW_NUMBER() OVER (PARTITION BY aggregate_id ORDER BY id) AS n"
                + " FROM obt) t WHERE sequence <> n");
    return there == events && counted == events && wrong == 0
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%d events were appended, %d are there, %d are counted, %d have a wrong number",
                events,
                there,
                counted,
                wrong));
  }

  private static List<Figure> figures(List<Writer> writers, boolean serverVisible) {
    List<Figure> figures = new ArrayList<>();
    List<Round> none = writers.getFirst().rounds;
    for (Writer writer : writers) {
      String of = writer.kind.label();
      BiConsumer<String, Double> add =
          (figure, value) ->
              figures.add(new Figure(of + "-" + figure, value, of + ": " + UNITS.get(figure)));
      add.accept("rate", writer.median(Round::rate));
      add.accept(
          "share",
          median(
              IntStream.range(0, none.size())
                  .mapToDouble(i -> writer.rounds.get(i).rate() / none.get(i).rate())
                  .sorted()
                  .toArray()));
      if (serverVisible) {
        add.accept("server", writer.median(r -> r.each(r.serverCpu * 1000)));
      }
      add.accept("client", writer.median(r -> r.each(r.clientCpu * 1000)));
      add.accept("cold", writer.coldClientCpu * 1000);
      add.accept("allocated", writer.median(r -> r.each((double) r.allocated)));
      add.accept("redo", writer.median(r -> r.each((double) r.redo)));
      add.accept("binlog", writer.median(r -> r.each((double) r.binaryLog)));
    }
    return figures;
  }

  private static double median(double[] sorted) {
    return sorted.length == 0
        ? 0
        : (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }
}
