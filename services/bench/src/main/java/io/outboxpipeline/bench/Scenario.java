package io.outboxpipeline.bench;

/** One thing that is measured. Without state, so that it can be run several times. */
interface Scenario {

  /** What it is chosen by, and its key in reports: small letters and hyphens. */
  String name();

  /** What is measured, in a few words. */
  String title();

  /**
   * Measures once.
   *
   * @throws Exception if it could not be measured at all
   */
  Result run(Rig rig) throws Exception;
}
