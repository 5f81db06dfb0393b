package io.outboxpipeline.testkit;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Lets every wait of a test that names no limit of its own last long enough for a slow machine with
 * other work. A limit is a bound, not a pace: a test that passes does not take longer by it.
 */
public final class PatientWaiting implements LauncherSessionListener {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    Awaitility.setDefaultTimeout(LIMIT);
  }
}
