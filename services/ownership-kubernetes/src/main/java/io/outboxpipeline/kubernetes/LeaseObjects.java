package io.outboxpipeline.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.outboxpipeline.ownership.Heartbeat;
import io.outboxpipeline.ownership.Heartbeat.State;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.PartitionLease;
import io.outboxpipeline.ownership.Partitions;
import io.outboxpipeline.ownership.Report;
import io.outboxpipeline.ownership.Snapshot;
import io.outboxpipeline.ownership.Version;
import io.outboxpipeline.ownership.WantedPartitions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How the records of one pipeline look as Lease objects: a pure mapping. What a Lease has a field
 * for is in its spec, the rest in annotations. A field that somebody removed reads as if it had
 * never been set: the protocol copes with any content, but not with a record that can't be read.
 */
final class LeaseObjects {

  static final String PREFIX = "outboxpipeline.io/";
  static final String PIPELINE = PREFIX + "pipeline";
  static final String KIND = PREFIX + "lease";

  private static final String PARTITION = PREFIX + "partition";
  private static final String EPOCH = PREFIX + "epoch";
  private static final String TARGET = PREFIX + "target";
  private static final String INCARNATION = PREFIX + "incarnation";
  private static final String RENEWALS = PREFIX + "renewals";
  private static final String STATE = PREFIX + "state";
  private static final String PARTITIONS = PREFIX + "partitions";
  private static final String REPORT = PREFIX + "report";

  private static final DateTimeFormatter MICRO_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT);

  /** What a Lease is about. */
  private enum Kind {
    MEMBER,
    PARTITION,
    PARTITIONS;

    String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * One record's content, as far as it changes.
   *
   * @param holder empty: nobody
   * @param transitions empty: not said
   * @param annotations an empty value: none
   */
  private record Content(
      Kind kind,
      String name,
      Optional<String> holder,
      Optional<Integer> transitions,
      Map<String, Optional<String>> annotations) {}

  /** The kinds that a brief read has. */
  static String[] brief() {
    return new String[] {Kind.MEMBER.label(), Kind.PARTITIONS.label()};
  }

  private final String namespace;
  private final String pipeline;

  /**
   * @param pipeline 1 to 63 characters, as a label's value and the start of a name may have
   */
  LeaseObjects(String namespace, String pipeline) {
    if (!pipeline.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
      throw new IllegalArgumentException(
          "a pipeline's name has 1 to 63 of a-z, 0-9 and -, not at an end: '" + pipeline + "'");
    }
    this.namespace = namespace;
    this.pipeline = pipeline;
  }

  // ---- names

  String memberName(MemberId member) {
    // Hashed, as an id has more characters than a name may have. The holder tells it in full.
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(member.value().getBytes(UTF_8));
      return pipeline + "-member-" + HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  String partitionName(int partition) {
    return pipeline + "-partition-" + partition;
  }

  String partitionsName() {
    return pipeline + "-partitions";
  }

  // ---- from objects

  /** One list holds all as of one moment. */
  Snapshot snapshot(List<Lease> items) {
    var leases = new ArrayList<PartitionLease>();
    var heartbeats = new ArrayList<Heartbeat>();
    Optional<WantedPartitions> wanted = Optional.empty();
    for (Lease item : items) {
      String kind = item.getMetadata().getLabels().getOrDefault(KIND, "");
      if (kind.equals(Kind.MEMBER.label())) {
        heartbeat(item).ifPresent(heartbeats::add);
      } else if (kind.equals(Kind.PARTITION.label())) {
        lease(item).ifPresent(leases::add);
      } else if (kind.equals(Kind.PARTITIONS.label())) {
        int count = (int) number(item, PARTITIONS);
        if (count >= 1 && count <= Partitions.MAX) {
          wanted = Optional.of(new WantedPartitions(count, version(item)));
        }
      }
    }
    return new Snapshot(leases, heartbeats, wanted);
  }

  Optional<Heartbeat> heartbeat(Lease item) {
    return holder(item)
        .map(
            member ->
                new Heartbeat(
                    member,
                    annotation(item, INCARNATION).orElse(""),
                    number(item, RENEWALS),
                    state(item),
                    (int) number(item, PARTITIONS),
                    annotation(item, REPORT).map(Report::decoded).orElse(Report.NONE),
                    version(item)));
  }

  private Optional<PartitionLease> lease(Lease item) {
    String name = item.getMetadata().getName();
    String start = partitionName(0).substring(0, partitionName(0).length() - 1);
    if (!name.matches("\\Q" + start + "\\E[0-9]{1,3}")) {
      return Optional.empty();
    }
    return Optional.of(
        new PartitionLease(
            Integer.parseInt(name.substring(start.length())),
            holder(item),
            annotation(item, TARGET).flatMap(MemberId::parse),
            number(item, EPOCH),
            version(item)));
  }

  private static Optional<MemberId> holder(Lease item) {
    return Optional.ofNullable(item.getSpec())
        .map(LeaseSpec::getHolderIdentity)
        .filter(h -> !h.isBlank() && h.length() <= 255)
        .map(MemberId::new);
  }

  private static Optional<String> annotation(Lease item, String name) {
    return Optional.ofNullable(item.getMetadata().getAnnotations())
        .map(a -> a.get(name))
        .filter(v -> !v.isBlank());
  }

  private static long number(Lease item, String name) {
    return annotation(item, name)
        .filter(v -> v.matches("[0-9]{1,18}"))
        .map(Long::parseLong)
        .orElse(0L);
  }

  private static State state(Lease item) {
    String name = annotation(item, STATE).orElse("");
    for (State state : State.values()) {
      if (state.name().equals(name)) {
        return state;
      }
    }
    return State.LIVE;
  }

  /** The uid makes an object that was deleted and created again another one. */
  static Version version(Lease item) {
    return new Version(item.getMetadata().getUid() + "/" + item.getMetadata().getResourceVersion());
  }

  private static String uid(Version version) {
    return version.value().substring(0, version.value().indexOf('/'));
  }

  static String resourceVersion(Version version) {
    return version.value().substring(version.value().indexOf('/') + 1);
  }

  // ---- to objects

  /** A Lease that only says which one is meant. */
  Lease named(String name) {
    return new LeaseBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace)
        .endMetadata()
        .build();
  }

  Lease created(Heartbeat next, Optional<OwnerReference> pod, Instant now) {
    Lease lease = created(content(next), now);
    pod.ifPresent(p -> lease.getMetadata().setOwnerReferences(List.of(p)));
    return lease;
  }

  Lease created(PartitionLease next, Instant now) {
    Lease lease = created(content(next), now);
    lease.getMetadata().getLabels().put(PARTITION, Integer.toString(next.partition()));
    return lease;
  }

  Lease created(WantedPartitions next, Instant now) {
    return created(content(next), now);
  }

  String patch(Heartbeat next, Instant now) {
    return patch(content(next), next.version(), now);
  }

  String patch(PartitionLease next, Instant now) {
    return patch(content(next), next.version(), now);
  }

  String patch(WantedPartitions next, Instant now) {
    return patch(content(next), next.version(), now);
  }

  private Content content(Heartbeat next) {
    var annotations = new TreeMap<String, Optional<String>>();
    annotations.put(INCARNATION, Optional.of(next.incarnation()));
    annotations.put(RENEWALS, Optional.of(Long.toString(next.renewals())));
    annotations.put(STATE, Optional.of(next.state().name()));
    annotations.put(PARTITIONS, Optional.of(Integer.toString(next.partitions())));
    annotations.put(REPORT, Optional.of(next.report().encoded()).filter(r -> !r.isEmpty()));
    return new Content(
        Kind.MEMBER,
        memberName(next.member()),
        Optional.of(next.member().value()),
        Optional.empty(),
        annotations);
  }

  private Content content(PartitionLease next) {
    return new Content(
        Kind.PARTITION,
        partitionName(next.partition()),
        next.holder().map(MemberId::value),
        Optional.of((int) Math.min(next.epoch(), Integer.MAX_VALUE)),
        Map.of(
            EPOCH,
            Optional.of(Long.toString(next.epoch())),
            TARGET,
            next.target().map(MemberId::value)));
  }

  private Content content(WantedPartitions next) {
    return new Content(
        Kind.PARTITIONS,
        partitionsName(),
        Optional.empty(),
        Optional.empty(),
        Map.of(PARTITIONS, Optional.of(Integer.toString(next.count()))));
  }

  private Lease created(Content content, Instant now) {
    var labels = new TreeMap<String, String>();
    labels.put(PIPELINE, pipeline);
    labels.put(KIND, content.kind.label());
    labels.put("app.kubernetes.io/managed-by", "outboxpipeline");
    labels.put("app.kubernetes.io/instance", pipeline);
    var annotations = new TreeMap<String, String>();
    content.annotations.forEach((name, value) -> value.ifPresent(v -> annotations.put(name, v)));
    var spec = new LeaseSpec();
    content.holder.ifPresent(spec::setHolderIdentity);
    content.transitions.ifPresent(spec::setLeaseTransitions);
    spec.setRenewTime(ZonedDateTime.ofInstant(now, ZoneOffset.UTC));
    return new LeaseBuilder()
        .withNewMetadata()
        .withName(content.name)
        .withNamespace(namespace)
        .withLabels(labels)
        .withAnnotations(annotations)
        .endMetadata()
        .withSpec(spec)
        .build();
  }

  /**
   * A merge patch, so that what else is in the object stays: the owner reference of somebody else's
   * heartbeat, labels of people. With uid and resource version in it, it is a compare-and-set.
   */
  private static String patch(Content content, Version version, Instant now) {
    ObjectNode metadata =
        JsonNodeFactory.instance
            .objectNode()
            .put("uid", uid(version))
            .put("resourceVersion", resourceVersion(version));
    // Who wrote which field is of no use here, is half of each object, and costs with each write.
    metadata.putArray("managedFields").addObject();
    ObjectNode annotations = metadata.putObject("annotations");
    content.annotations.forEach((name, value) -> annotations.put(name, value.orElse(null)));
    ObjectNode patch = JsonNodeFactory.instance.objectNode();
    patch.set("metadata", metadata);
    ObjectNode spec = patch.putObject("spec");
    spec.put("holderIdentity", content.holder.orElse(null));
    content.transitions.ifPresent(t -> spec.put("leaseTransitions", t));
    spec.put("renewTime", MICRO_TIME.format(now.atZone(ZoneOffset.UTC)));
    return patch.toString();
  }
}
