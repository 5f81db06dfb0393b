package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** A pipeline: one outbox, its relays and its queue, and if wanted the example at both ends. */
@Group(OutboxPipeline.GROUP)
@Version("v1alpha1")
@ShortNames("obp")
@Categories("outboxpipeline")
@JsonClassDescription(
    "A pipeline: the outbox of one database, the relays that send its events to one SQS queue in"
        + " order, and optionally the example services at both ends.")
@ValidationRule(
    value = "self.metadata.name.size() <= 40",
    message = "metadata.name must have at most 40 characters: other objects are named after it")
@ValidationRule(
    value = "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message =
        "metadata.name must begin with a letter and consist of lower-case letters, digits and '-':"
            + " Services are named after it")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
    getDescription = "Whether an event written now would reach the consumer")
@AdditionalPrinterColumn(
    name = "Relays",
    jsonPath = ".status.relay.readyReplicas",
    type = AdditionalPrinterColumn.Type.INTEGER,
    getDescription = "Relays that are ready")
@AdditionalPrinterColumn(
    name = "Partitions",
    jsonPath = ".status.relay.partitions.summary",
    getDescription = "Partitions that a live relay owns, of all")
@AdditionalPrinterColumn(
    name = "Queue",
    jsonPath = ".status.queue.name",
    getDescription = "The queue's name")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "Backlog",
    jsonPath = ".status.relay.backlog.events",
    type = AdditionalPrinterColumn.Type.INTEGER,
    priority = 1,
    getDescription = "Events that wait in the outbox, as the relays counted last")
@AdditionalPrinterColumn(
    name = "Oldest",
    jsonPath = ".status.relay.backlog.oldestAge",
    priority = 1,
    getDescription = "Age of the oldest of them")
@AdditionalPrinterColumn(
    name = "Image",
    jsonPath = ".status.relay.image",
    priority = 1,
    getDescription = "The relay's image")
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
    priority = 1,
    getDescription = "Why it is ready, or what is in the way")
public final class OutboxPipeline extends CustomResource<OutboxPipelineSpec, OutboxPipelineStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1;

  /** The API group; labels, annotations and tags have it as prefix, too. */
  public static final String GROUP = "outboxpipeline.io";

  /** Required, because a server-side apply to one that was deleted just before makes it anew. */
  @Override
  @Required
  public OutboxPipelineSpec getSpec() {
    return super.getSpec();
  }

  /** What the resource says of itself; an empty status before the first reconcile. */
  public OutboxPipelineStatus status() {
    OutboxPipelineStatus status = getStatus();
    return status == null ? OutboxPipelineStatus.EMPTY : status;
  }
}
