package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The SQS queue. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.name) != has(self.url)",
    message =
        "spec.queue needs either name (the operator creates and keeps the queue) or url (an"
            + " existing queue is used as it is)")
@ValidationRule(
    value = "!has(self.name) || self.type != 'FIFO' || self.name.endsWith('.fifo')",
    message = "the name of a FIFO queue ends in .fifo: add it to spec.queue.name, or set type")
@ValidationRule(
    value = "!has(self.name) || self.type != 'Standard' || !self.name.endsWith('.fifo')",
    message =
        "the name of a standard queue must not end in .fifo: change spec.queue.name, or set type to"
            + " FIFO")
@ValidationRule(
    value = "!has(self.name) || size(self.name) <= 76",
    message =
        "spec.queue.name has at most 76 characters: its dead-letter queue has four more, and SQS"
            + " takes 80")
@ValidationRule(
    value = "!has(self.url) || (self.type == 'FIFO') == self.url.endsWith('.fifo')",
    message =
        "spec.queue.type does not fit spec.queue.url: a URL that ends in .fifo is of a FIFO queue,"
            + " any other of a Standard one")
@ValidationRule(
    value = "!has(self.url) || (!self.adopt && self.deletionPolicy == 'Retain')",
    message =
        "a queue that spec.queue.url names is never changed or deleted: leave out adopt and"
            + " deletionPolicy, or give its name instead of its url")
@ValidationRule(
    value = "has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)",
    message =
        "spec.queue.name can't be changed: events under way would overtake each other. Create"
            + " another pipeline for the other queue once this one is drained")
@ValidationRule(
    value = "has(self.url) == has(oldSelf.url) && (!has(self.url) || self.url == oldSelf.url)",
    message =
        "spec.queue.url can't be changed: events under way would overtake each other. Create"
            + " another pipeline for the other queue once this one is drained")
@ValidationRule(
    value = "self.type == oldSelf.type",
    message =
        "spec.queue.type can't be changed: SQS can't turn one into the other. Create another"
            + " pipeline with another queue")
@ValidationRule(
    value =
        "has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region =="
            + " oldSelf.region)",
    message =
        "spec.queue.region can't be changed: a queue belongs to its region. Create another pipeline"
            + " for the other region once this one is drained")
@ValidationRule(
    value = "!self.fair || self.type == 'Standard'",
    message =
        "spec.queue.fair is for standard queues: on a FIFO queue every message has its aggregate as"
            + " its group")
@ValidationRule(
    value =
        "!has(self.url) || (!self.tlsOnly && !has(self.maximumMessageSize) &&"
            + " !has(self.ownerAccountId))",
    message =
        "a queue that spec.queue.url names is used as it is: leave out tlsOnly, maximumMessageSize"
            + " and ownerAccountId")
public record QueueSpec(
    @JsonPropertyDescription(
            "Name of the queue, which the operator creates and keeps as described here.")
        @Size(min = 1, max = 80)
        @Pattern("^[A-Za-z0-9_-]+(\\.fifo)?$")
        @Nullable String name,
    @JsonPropertyDescription(
            "URL of an existing queue, instead of name. The operator only looks at it, and hands it"
                + " to relay and consumer.")
        @Size(min = 1, max = 512)
        @Pattern("^https?://[^\\s?#]+$")
        @Nullable String url,
    @JsonPropertyDescription(
            "FIFO: SQS itself keeps the order of an aggregate's events. Standard: the consumer's"
                + " inbox restores it.")
        @Default("FIFO")
        Type type,
    @JsonPropertyDescription("Region; without it the operator's and the pods' own.")
        @Size(min = 1, max = 32)
        @Pattern("^[a-z0-9-]+$")
        @Nullable String region,
    @JsonPropertyDescription("Endpoint of SQS, for a VPC endpoint or another SQS.")
        @Size(min = 1, max = 512)
        @Pattern("^https?://[^\\s?#]+$")
        @Nullable String endpoint,
    @JsonPropertyDescription(
            "Access keys for the operator, the relay and the consumer. Without it, each finds its"
                + " own, such as its service account's role.")
        @Nullable AwsCredentials credentials,
    @JsonPropertyDescription(
            "Takes a queue of this name over that exists and has no owner's tag. A queue that"
                + " another pipeline has tagged is never taken.")
        @Default("false")
        Boolean adopt,
    @JsonPropertyDescription(
            "What becomes of the queue and its dead-letter queue when the pipeline is deleted.")
        @Default("Retain")
        DeletionPolicy deletionPolicy,
    @JsonPropertyDescription("The dead-letter queue.") @Default("{}") DeadLetterSpec deadLetter,
    @JsonPropertyDescription(
            "How long a received message is hidden from other receivers: 0s to 12h.")
        @Default("30s")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) <= duration('12h')",
            message = "spec.queue.visibilityTimeout must be at most 12h")
        String visibilityTimeout,
    @JsonPropertyDescription("How long SQS keeps a message: 60s to 336h (14 days).")
        @Default("96h")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('60s') && duration(self) <= duration('336h')",
            message = "spec.queue.messageRetention must be from 60s to 336h")
        String messageRetention,
    @JsonPropertyDescription("How the messages are encrypted at rest.") @Default("{}")
        EncryptionSpec encryption,
    @JsonPropertyDescription("Tags of the queues, beside the operator's own.")
        @Default("{}")
        @Size(max = 40)
        @ValidationRule(
            value = "self.all(k, !k.startsWith('aws:') && !k.startsWith('outboxpipeline.io/'))",
            message = "tags that begin with aws: or outboxpipeline.io/ are not yours to set")
        Map<String, String> tags,
    @JsonPropertyDescription(
            "The AWS account that the queue belongs to, where it is not that of the credentials. SQS"
                + " creates queues in one's own account alone, so it must be there, with a policy"
                + " that lets operator, relay and consumer in.")
        @Size(min = 12, max = 12)
        @Pattern("^[0-9]{12}$")
        @Nullable String ownerAccountId,
    @JsonPropertyDescription(
            "The most bytes of a message, 1024 to 1048576; without it what the queue has, which is"
                + " SQS's most when it is new. An event that does not fit is held at the relay.")
        @Min(1024)
        @Max(1_048_576)
        @Nullable Integer maximumMessageSize,
    @JsonPropertyDescription(
            "Whether a statement in the queues' policies refuses all that comes without TLS. Other"
                + " statements stay. Set to false later, it stays, too: a policy is taken away by a"
                + " person.")
        @Default("false")
        Boolean tlsOnly,
    @JsonPropertyDescription(
            "On a standard queue: whether each message names its aggregate as its group, so that SQS"
                + " lets no aggregate with many messages hold up the others (a fair queue).")
        @Default("false")
        Boolean fair) {

  public QueueSpec {
    tlsOnly = tlsOnly == null ? Boolean.FALSE : tlsOnly;
    fair = fair == null ? Boolean.FALSE : fair;
    type = type == null ? Type.FIFO : type;
    adopt = adopt == null ? Boolean.FALSE : adopt;
    deletionPolicy = deletionPolicy == null ? DeletionPolicy.Retain : deletionPolicy;
    deadLetter = deadLetter == null ? DeadLetterSpec.DEFAULT : deadLetter;
    visibilityTimeout = visibilityTimeout == null ? "30s" : visibilityTimeout;
    messageRetention = messageRetention == null ? "96h" : messageRetention;
    encryption = encryption == null ? EncryptionSpec.DEFAULT : encryption;
    tags = tags == null ? Map.of() : Map.copyOf(tags);
  }

  /** The account that the queue is looked for in, if not one's own. */
  public Optional<String> account() {
    return Optional.ofNullable(ownerAccountId);
  }

  /** The existing queue to use as it is. */
  public Optional<String> existing() {
    return Optional.ofNullable(url);
  }

  /** Which kind of queue. */
  public enum Type {
    FIFO,
    Standard
  }

  /** What becomes of the queues when the pipeline goes. */
  public enum DeletionPolicy {
    Retain,
    Delete
  }
}
