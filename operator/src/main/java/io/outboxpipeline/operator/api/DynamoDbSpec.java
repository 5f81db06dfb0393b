package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A table of DynamoDB, in whose items events wait. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.create || self.deletionPolicy == 'Retain'",
    message =
        "a table that the operator does not make is never deleted: leave out"
            + " spec.dynamodb.deletionPolicy, or set create to true")
@ValidationRule(
    value = "!has(self.relayTable) || self.table != self.relayTable",
    message = "spec.dynamodb.relayTable must be another table than spec.dynamodb.table")
@ValidationRule(
    value =
        "self.table == oldSelf.table && self.index == oldSelf.index && has(self.region) =="
            + " has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)",
    message =
        "spec.dynamodb.table, index and region can't be changed: the numbers of the events live in"
            + " that table. Create another pipeline for the other table")
@ValidationRule(
    value =
        "has(self.relayTable) == has(oldSelf.relayTable) && (!has(self.relayTable) ||"
            + " self.relayTable == oldSelf.relayTable)",
    message = "spec.dynamodb.relayTable can't be changed: relays tell in it which of them may send")
public record DynamoDbSpec(
    @JsonPropertyDescription("The table with the items that have events.")
        @Required
        @Size(min = 3, max = 255)
        @Pattern(TABLE)
        String table,
    @JsonPropertyDescription("Its index of the items in which events wait.")
        @Default("obt_pending")
        @Size(min = 3, max = 255)
        @Pattern(TABLE)
        String index,
    @JsonPropertyDescription(
            "The table that the relays keep their own in; without it the table's name with -relay.")
        @Size(min = 3, max = 255)
        @Pattern(TABLE)
        @Nullable String relayTable,
    @JsonPropertyDescription("Region; without it the operator's and the pods' own.")
        @Size(min = 1, max = 32)
        @Pattern("^[a-z0-9-]+$")
        @Nullable String region,
    @JsonPropertyDescription("Endpoint of DynamoDB, for a VPC endpoint or another DynamoDB.")
        @Size(min = 1, max = 512)
        @Pattern("^https?://[^\\s?#]+$")
        @Nullable String endpoint,
    @JsonPropertyDescription(
            "Access keys for the operator, the base and the relay. Without it, each finds its own,"
                + " such as its service account's role.")
        @Nullable AwsCredentials credentials,
    @JsonPropertyDescription(
            "The one region in which a table with replicas is written; without it such a table is"
                + " refused.")
        @Size(min = 1, max = 32)
        @Pattern("^[a-z0-9-]+$")
        @Nullable String writeRegion,
    @JsonPropertyDescription(
            "Whether the operator makes the two tables if they are not there: on demand, with"
                + " point-in-time recovery, the index, and the key pk and sk. A table that is there"
                + " is only looked at.")
        @Default("true")
        Boolean create,
    @JsonPropertyDescription(
            "What becomes of the tables that the operator made when the pipeline is deleted.")
        @Default("Retain")
        DeletionPolicy deletionPolicy) {

  private static final String TABLE = "^[a-zA-Z0-9_.-]+$";

  public DynamoDbSpec {
    index = index == null ? "obt_pending" : index;
    create = create == null ? Boolean.TRUE : create;
    deletionPolicy = deletionPolicy == null ? DeletionPolicy.Retain : deletionPolicy;
  }

  /** The table that the relays keep their own in. */
  public String relays() {
    return relayTable == null ? table + "-relay" : relayTable;
  }

  /** What becomes of the tables when the pipeline goes. */
  public enum DeletionPolicy {
    Retain,
    Delete
  }
}
