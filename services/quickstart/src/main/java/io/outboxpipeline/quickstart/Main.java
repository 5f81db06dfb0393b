package io.outboxpipeline.quickstart;

import io.outboxpipeline.runtime.ServiceMain;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Deque;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;

/** Starts the pipeline, shows it at work, and runs until Ctrl-C. */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws InterruptedException {
    ServiceMain.routeLogs();
    var ports = new Ports(Integer.getInteger("quickstart.port", Ports.DEFAULT));
    var conflict = ports.conflict();
    if (conflict.isPresent()) {
      System.err.println(conflict.get());
      System.exit(1);
    }
    // The end of the one who started this ends this, too.
    ProcessHandle.current().parent().ifPresent(Main::endWith);
    Deque<AutoCloseable> running = new ConcurrentLinkedDeque<>();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(running), "stop"));
    try {
      var console = ConsolePart.start(ports, running);
      System.out.println("Console: " + console.url());
      System.out.println("OutboxPipeline starts on this machine:");
      var stack = new Stack(ports, console.admin(), running);
      show(ports, stack);
      System.out.println(next(ports, stack, console.url()));
    } catch (IllegalStateException | IOException | SQLException e) {
      System.err.println("The quickstart failed: " + e.getMessage());
      System.exit(1);
    }
    new CountDownLatch(1).await();
  }

  private static void endWith(ProcessHandle parent) {
    Thread.ofVirtual()
        .name("parent")
        .start(
            () -> {
              parent.onExit().join();
              System.exit(0);
            });
  }

  private static void show(Ports ports, Stack stack)
      throws IOException, InterruptedException, SQLException {
    System.out.println();
    System.out.println("Five spendings on their way, times since each was posted:");
    try (var journey = new Journey(ports, stack)) {
      journey.follow("alice", "Alice", "Adams", "12.50");
      journey.follow("bob", "Bob", "Brown", "7.00");
      journey.follow("alice", "Alice", "Adams", "99.99");
      journey.follow("carol", "Carol", "Clark", "0.01");
      journey.follow("alice", "Alice", "Adams", "1000.00");
    }
  }

  private static String next(Ports ports, Stack stack, String console) {
    return String.format(
        Locale.ROOT,
        """

        Go on by hand:
          curl -d '{"identity":"alice","name":"Alice","surname":"Adams","amount":"12.50"}' \\
               -H 'content-type: application/json' http://127.0.0.1:%1$d/api/v1/spending
          curl 'http://127.0.0.1:%2$d/api/v1/spending?identity=alice'     what the consumer has
          curl http://127.0.0.1:%1$d/openapi                              the base's API
          curl http://127.0.0.1:%3$d/metrics                              a relay's metrics
          curl http://127.0.0.1:%4$d/health/ready                         the other relay's health

        Console: %7$s
        MySQL:   %5$s (%8$s), databases base and consumer
        SQS:     %6$s, queue spending.fifo

        Ctrl-C stops it all and leaves nothing behind.""",
        ports.base(),
        ports.consumer(),
        ports.relay(),
        ports.secondRelay(),
        stack.server().host() + ":" + stack.server().port(),
        stack.sqsEndpoint(),
        console,
        stack.server().what());
  }

  /** Stops the services, then what they run on; the data goes with it. */
  private static void stop(Deque<AutoCloseable> running) {
    System.out.println("Stopping …");
    while (!running.isEmpty()) {
      try {
        running.pop().close();
      } catch (Exception e) {
        System.err.println("while stopping: " + e.getMessage());
      }
    }
    System.out.println("Stopped; nothing is left behind.");
  }
}
