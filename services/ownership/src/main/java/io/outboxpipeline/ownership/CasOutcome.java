package io.outboxpipeline.ownership;

/** What became of a compare-and-set. */
public sealed interface CasOutcome {

  /**
   * It is stored, or deleted.
   *
   * @param version of the record now; {@link Version#NONE} after a delete
   */
  record Written(Version version) implements CasOutcome {}

  /** Another version was there, or none, or one where there should be none; nothing changed. */
  record Conflict() implements CasOutcome {}
}
