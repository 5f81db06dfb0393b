package io.outboxpipeline.console.model;

import jakarta.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Who owns which of the 256 slots.
 *
 * @param partitions in their order; none if no relay could tell
 * @param members in the order of their names
 * @param repartitioning whether the number of partitions is being changed
 */
public record SlotMap(
    List<Partition> partitions,
    List<Member> members,
    boolean repartitioning,
    List<Trouble> troubles) {

  public SlotMap {
    partitions = List.copyOf(partitions);
    members = List.copyOf(members);
    troubles = List.copyOf(troubles);
  }

  /** How a partition stands. */
  public enum State {
    OWNED,
    MOVING,
    UNOWNED;

    static State of(String code) {
      return switch (code) {
        case "owned" -> OWNED;
        case "moving" -> MOVING;
        default -> UNOWNED;
      };
    }
  }

  /** A range of slots. The epoch is a text, because it may be larger than browsers count. */
  public record Partition(
      int number,
      int firstSlot,
      int lastSlot,
      State state,
      Optional<String> owner,
      Optional<String> target,
      String epoch) {}

  /**
   * A relay.
   *
   * @param heartbeatAgeMillis since its heartbeat changed, as the relay that was asked saw it
   * @param report what it says of itself
   */
  public record Member(
      String name,
      boolean alive,
      String state,
      int owned,
      long heartbeatAgeMillis,
      Map<String, String> report) {}

  /** How many partitions are in a state. */
  public long count(State state) {
    return partitions.stream().filter(p -> p.state == state).count();
  }

  /** What the relays of a pipeline say. */
  public static SlotMap of(Pipeline pipeline) {
    Asked asked = pipeline.ask(Kind.RELAY, "/admin/partitions");
    return new SlotMap(
        asked.list("partitions").stream().map(SlotMap::partition).toList(),
        asked.list("members").stream().map(SlotMap::member).toList(),
        asked.json().map(j -> j.getBoolean("repartitioning", false)).orElse(false),
        asked.troubles());
  }

  private static Partition partition(JsonObject p) {
    return new Partition(
        p.getInt("partition"),
        p.getInt("firstSlot"),
        p.getInt("lastSlot"),
        State.of(p.getString("state", "")),
        Optional.ofNullable(p.getString("owner", null)),
        Optional.ofNullable(p.getString("target", null)),
        p.getString("epoch", "0"));
  }

  private static Member member(JsonObject m) {
    var report = new TreeMap<String, String>();
    JsonObject values = m.getJsonObject("report");
    if (values != null) {
      values.keySet().forEach(k -> report.put(k, values.getString(k, "")));
    }
    return new Member(
        m.getString("member"),
        m.getBoolean("alive"),
        m.getString("state"),
        m.getInt("owned"),
        m.getJsonNumber("heartbeatAgeMillis").longValue(),
        report);
  }
}
