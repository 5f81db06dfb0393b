package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is wanted. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonClassDescription("What is wanted.")
@ValidationRule(
    value = "has(self.database) != has(self.dynamodb)",
    message =
        "spec needs exactly one of database (events wait in a table of MySQL or MariaDB) and"
            + " dynamodb (events wait in the items of a table of DynamoDB)")
@ValidationRule(
    value = "has(self.database) == has(oldSelf.database)",
    message =
        "spec.database and spec.dynamodb can't take each other's place: the numbers of the events"
            + " live there. Create another pipeline for the other one")
@ValidationRule(
    value =
        "!has(self.dynamodb) || !has(self.dynamodb.region) || !has(self.queue.region) ||"
            + " self.dynamodb.region == self.queue.region",
    message =
        "spec.dynamodb.region and spec.queue.region must be the same: a relay works in one region")
@ValidationRule(
    value =
        "!has(self.dynamodb) || !has(self.dynamodb.credentials) || !has(self.queue.credentials) ||"
            + " (self.dynamodb.credentials.secretName == self.queue.credentials.secretName"
            + " && self.dynamodb.credentials.accessKeyIdKey =="
            + " self.queue.credentials.accessKeyIdKey"
            + " && self.dynamodb.credentials.secretAccessKeyKey =="
            + " self.queue.credentials.secretAccessKeyKey)",
    message =
        "spec.dynamodb.credentials and spec.queue.credentials must be the same: a relay has one"
            + " identity for both")
@ValidationRule(
    value =
        "!has(self.database) || !has(oldSelf.database)"
            + " || self.database.name == oldSelf.database.name",
    message =
        "spec.database.name can't be changed: the numbers of the events live in that database."
            + " Create another pipeline for the other database; host and port may change")
@ValidationRule(
    value =
        "!has(self.consumer) || !has(self.database)"
            + " || self.consumer.database.host != self.database.host"
            + " || self.consumer.database.port != self.database.port"
            + " || self.consumer.database.name != self.database.name",
    message =
        "spec.consumer.database must be another database than spec.database: both have tables of"
            + " the same names")
@ValidationRule(
    value =
        "!has(self.consumer) || !has(oldSelf.consumer)"
            + " || self.consumer.database.name == oldSelf.consumer.database.name",
    message =
        "spec.consumer.database.name can't be changed: what was applied is recorded there. Remove"
            + " spec.consumer, wait until its pods are gone, and add it with the other database")
public record OutboxPipelineSpec(
    @JsonPropertyDescription(
            "Stops the flow while true: relays hand everything over and end, events wait in the"
                + " outbox. Base and consumer go on, and so does the care for all objects.")
        @Default("false")
        Boolean paused,
    @JsonPropertyDescription("The database that has the outbox; or else dynamodb.")
        @Nullable DatabaseSpec database,
    @JsonPropertyDescription("The table of DynamoDB in whose items events wait; or else database.")
        @Nullable DynamoDbSpec dynamodb,
    @JsonPropertyDescription("Where the events go.") @Required QueueSpec queue,
    @JsonPropertyDescription(
            "The example's writing service. Leave it out when a service of your own writes the"
                + " events.")
        @Nullable BaseSpec base,
    @JsonPropertyDescription("Reads the outbox and sends its events.") @Default("{}")
        RelaySpec relay,
    @JsonPropertyDescription(
            "The example's receiving service. Leave it out when a service of your own receives the"
                + " events.")
        @Nullable ConsumerSpec consumer,
    @JsonPropertyDescription(
            "A console that shows this pipeline to people, and carries out what they decide. Left"
                + " out, there is none.")
        @Nullable ConsoleSpec console,
    @JsonPropertyDescription("Which connections the pods take and open.") @Default("{}")
        NetworkPolicySpec networkPolicy,
    @JsonPropertyDescription("What happens when the pipeline is deleted.") @Default("{}")
        DeletionSpec deletion,
    @JsonPropertyDescription("How the services log.") @Default("{}") LogSpec log) {

  @SuppressWarnings("UnusedVariable")
  public OutboxPipelineSpec {
    paused = paused == null ? Boolean.FALSE : paused;
    relay = relay == null ? RelaySpec.DEFAULT : relay;
    networkPolicy = networkPolicy == null ? NetworkPolicySpec.DEFAULT : networkPolicy;
    deletion = deletion == null ? DeletionSpec.DEFAULT : deletion;
    log = log == null ? LogSpec.DEFAULT : log;
  }

  /** The database that has the outbox, unless it is DynamoDB. */
  public Optional<DatabaseSpec> optionalDatabase() {
    return Optional.ofNullable(database);
  }

  /** The table of DynamoDB that has it instead. */
  public Optional<DynamoDbSpec> optionalDynamoDb() {
    return Optional.ofNullable(dynamodb);
  }

  /** The example's writing service, if it is wanted. */
  public Optional<BaseSpec> optionalBase() {
    return Optional.ofNullable(base);
  }

  /** The pipeline's console, if it is wanted. */
  public Optional<ConsoleSpec> optionalConsole() {
    return Optional.ofNullable(console);
  }

  /** The example's receiving service, if it is wanted. */
  public Optional<ConsumerSpec> optionalConsumer() {
    return Optional.ofNullable(consumer);
  }
}
