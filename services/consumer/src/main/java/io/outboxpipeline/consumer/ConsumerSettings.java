package io.outboxpipeline.consumer;

import io.outboxpipeline.inbox.Start;
import io.outboxpipeline.receiver.Receiver;
import io.outboxpipeline.runtime.Migration;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.Settings;
import io.outboxpipeline.runtime.SqsSettings;
import java.time.Duration;

/**
 * The consumer's settings.
 *
 * @param migrate whether to bring the tables up to date on start
 * @param loops how many receive at once, each with a transaction of its own
 * @param pollWait how long SQS holds an empty receive open, in whole seconds up to 20; stopping
 *     takes as long, for a poll that is broken off may take messages with it until their visibility
 *     ends
 * @param start where an aggregate begins that the inbox does not know
 */
public record ConsumerSettings(
    ServerSettings server,
    MySqlSettings mysql,
    SqsSettings sqs,
    boolean migrate,
    int loops,
    Duration pollWait,
    Start start) {

  /** How many loops there are if nothing else is set. */
  public static final int DEFAULT_LOOPS = Receiver.Builder.DEFAULT_LOOPS;

  /** The longest wait that SQS allows. */
  public static final Duration MAX_WAIT = Receiver.Builder.MAX_POLL_WAIT;

  /** Connections for admin requests, reads and the watch, beside one for each loop. */
  private static final int OTHER_CONNECTIONS = 4;

  /** When the tables are brought up to date. */
  static Migration migration(Settings s) {
    return Migration.read(s, "consumer.migrate", "CONSUMER_MIGRATE");
  }

  /**
   * Reads and checks them.
   *
   * @throws io.outboxpipeline.runtime.InvalidSettings naming every bad key
   */
  public static ConsumerSettings read(Settings s) {
    int loops = s.integer("consumer.loops", "CONSUMER_LOOPS", DEFAULT_LOOPS, 1, 64);
    Duration pollWait =
        s.duration("consumer.poll-wait", "CONSUMER_POLL_WAIT", MAX_WAIT, Duration.ZERO, MAX_WAIT);
    if (pollWait.toMillis() % 1000 != 0) {
      s.problem("consumer.poll-wait", "CONSUMER_POLL_WAIT", "must be whole seconds");
    }
    var settings =
        new ConsumerSettings(
            ServerSettings.read(s, 8083),
            MySqlSettings.read(s, loops + OTHER_CONNECTIONS),
            SqsSettings.read(s),
            migration(s) == Migration.ON_START,
            loops,
            pollWait,
            s.choice("consumer.start", "CONSUMER_START", Start.AT_ONE));
    s.check();
    return settings;
  }
}
