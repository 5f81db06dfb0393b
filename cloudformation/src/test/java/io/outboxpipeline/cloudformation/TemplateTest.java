package io.outboxpipeline.cloudformation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.outboxpipeline.runtime.AwsActions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What must hold of the templates as they are written. */
final class TemplateTest {
  /** Types of CloudFormation that take no tags. */
  private static final Set<String> WITHOUT_TAGS =
      Set.of(
          "AWS::EC2::VPCGatewayAttachment",
          "AWS::EC2::Route",
          "AWS::EC2::SubnetRouteTableAssociation",
          "AWS::EC2::SecurityGroupIngress",
          "AWS::ElasticLoadBalancingV2::Listener",
          "AWS::ElasticLoadBalancingV2::ListenerRule",
          "AWS::IAM::Policy",
          "AWS::Logs::MetricFilter",
          "AWS::SQS::QueuePolicy");

  static Stream<Template> templates() {
    return Stream.of(Template.stack(), Template.eks(), Template.dynamoDb());
  }

  static Stream<Template> withDatabases() {
    return Stream.of(Template.stack(), Template.eks());
  }

  @ParameterizedTest
  @MethodSource("templates")
  void everything_that_takes_tags_names_its_pipeline_and_environment(Template template) {
    template
        .resources()
        .forEach(
            (name, resource) -> {
              if (!WITHOUT_TAGS.contains(resource.path("Type").asText())) {
                assertThat(tagKeys(resource.path("Properties").path("Tags")))
                    .as(name)
                    .contains("pipeline", "environment");
              }
            });
  }

  private static List<String> tagKeys(JsonNode tags) {
    if (tags.isObject()) {
      return List.copyOf(tags.properties()).stream().map(Map.Entry::getKey).toList();
    }
    var keys = new ArrayList<String>();
    tags.forEach(t -> keys.add(t.path("Key").asText()));
    return keys;
  }

  @ParameterizedTest
  @MethodSource("withDatabases")
  void what_holds_data_outlives_its_resource(Template template) {
    var policies = Map.of("AWS::RDS::DBInstance", "Snapshot", "AWS::SQS::Queue", "Retain");
    var seen = new ArrayList<String>();
    template
        .resources()
        .forEach(
            (name, resource) -> {
              String policy = policies.get(resource.path("Type").asText());
              if (policy != null) {
                seen.add(name);
                assertThat(resource.path("DeletionPolicy").asText()).as(name).isEqualTo(policy);
                assertThat(resource.path("UpdateReplacePolicy").asText())
                    .as(name)
                    .isEqualTo(policy);
              }
            });
    assertThat(seen).contains("BaseDatabase", "ConsumerDatabase");
  }

  @ParameterizedTest
  @MethodSource("withDatabases")
  void databases_are_encrypted_private_and_in_prod_doubled_and_protected(Template template) {
    JsonNode onlyInProd = Template.parse("!If [Prod, true, false]");
    for (String name : List.of("BaseDatabase", "ConsumerDatabase")) {
      JsonNode properties = template.resource(name).path("Properties");
      assertThat(properties.path("StorageEncrypted").asBoolean()).as(name).isTrue();
      assertThat(properties.path("PubliclyAccessible").asBoolean(true)).as(name).isFalse();
      assertThat(properties.path("MultiAZ")).as(name).isEqualTo(onlyInProd);
      assertThat(properties.path("DeletionProtection")).as(name).isEqualTo(onlyInProd);
      assertThat(properties.path("MasterUserPassword").path("Fn::Sub").asText())
          .as(name)
          .startsWith("{{resolve:secretsmanager:");
    }
  }

  @ParameterizedTest
  @MethodSource("templates")
  void nothing_is_allowed_by_a_wildcard_but_what_knows_no_resource(Template template) {
    var open = new ArrayList<String>();
    for (JsonNode statement :
        template.tree().findValues("Statement").stream()
            .flatMap(s -> Stream.iterate(0, i -> i < s.size(), i -> i + 1).map(s::get))
            .filter(s -> s.path("Effect").asText().equals("Allow"))
            .toList()) {
      List<String> actions = Deployed.texts(statement.path("Action"));
      assertThat(actions).noneMatch(a -> a.contains("*"));
      if (statement.path("Resource").toString().contains("*")) {
        open.addAll(actions);
      }
    }
    assertThat(open)
        .isSubsetOf("ecr:GetAuthorizationToken"); // there is no narrower resource for it
  }

  @ParameterizedTest
  @MethodSource("templates")
  void every_parameter_is_validated_and_its_default_passes(Template template) {
    template
        .parameters()
        .forEach(
            (name, parameter) -> {
              assertThat(parameter.path("Description").asText()).as(name).isNotBlank();
              boolean number = parameter.path("Type").asText().equals("Number");
              assertThat(
                      parameter.has("AllowedValues")
                          || (number ? parameter.has("MinValue") : parameter.has("AllowedPattern")))
                  .as("%s is validated", name)
                  .isTrue();
              assertThat(parameter.has("AllowedPattern"))
                  .as("%s says what is allowed", name)
                  .isEqualTo(parameter.has("ConstraintDescription"));
              if (parameter.has("Default")) {
                assertThat(accepts(parameter, parameter.path("Default").asText()))
                    .as("default of %s", name)
                    .isTrue();
              }
            });
  }

  @ParameterizedTest
  @MethodSource("templates")
  void no_parameter_takes_a_secret(Template template) {
    assertThat(template.parameters())
        .allSatisfy(
            (name, parameter) -> {
              assertThat(parameter.has("NoEcho")).as(name).isFalse();
              assertThat(name).doesNotContainIgnoringCase("password");
            });
  }

  @ParameterizedTest
  @CsvSource({
    "PipelineName, orders-2, true",
    "PipelineName, Orders, false",
    "PipelineName, orders-, false",
    "PipelineName, a-name-of-more-than-20, false",
    "Environment, prod, true",
    "Environment, production, false",
    "ClientCidr, 203.0.113.7/32, true",
    "ClientCidr, 203.0.113.7, false",
    "ClientCidr, 300.0.113.7/32, false",
    "ClientCidr, 203.0.113.7/33, false",
    "VpcId, vpc-0123456789abcdef0, true",
    "VpcId, subnet-0123456789abcdef0, false",
    "PublicSubnetIds, subnet-0123456789abcdef0, true",
    "PublicSubnetIds, subnet-xyz, false",
    "CertificateArn, arn:aws:acm:eu-central-1:123456789012:certificate/1a-2b, true",
    "CertificateArn, arn:aws:iam::123456789012:role/x, false",
    "AlarmTopicArn, arn:aws:sns:eu-central-1:123456789012:alarms, true",
    "AlarmTopicArn, alarms, false",
    "ImageVersion, 1.2.3, true",
    "ImageVersion, 1:2, false",
    "ImagePrefix, example.com:5000/team/outboxpipeline, true",
    "ImagePrefix, outboxpipeline/, false",
    "RelayPartitions, 256, true",
    "RelayPartitions, 257, false",
    "RelayPartitions, 0, false",
    "MaxReceiveCount, 0, false",
    "MessageRetention, 59, false",
    "LogRetentionDays, 30, true",
    "LogRetentionDays, 31, false",
    "DatabaseVersion, 8.4.11, true",
    "DatabaseVersion, 8.0.40, false",
    "DatabaseClass, db.r7g.large, true",
    "DatabaseClass, r7g.large, false",
  })
  void bad_values_are_refused(String parameter, String value, boolean good) {
    assertThat(accepts(Template.stack().parameter(parameter), value)).isEqualTo(good);
  }

  /** As CloudFormation does: the whole value must match, of a list each. */
  private static boolean accepts(JsonNode parameter, String value) {
    if (parameter.isMissingNode()) {
      throw new IllegalArgumentException("there is no such parameter");
    }
    List<String> allowed = Deployed.texts(parameter.path("AllowedValues"));
    if (!allowed.isEmpty() && !allowed.contains(value)) {
      return false;
    }
    if (parameter.has("AllowedPattern")
        && !value.matches(parameter.path("AllowedPattern").asText())) {
      return false;
    }
    return !parameter.has("MinValue")
        || (Integer.parseInt(value) >= parameter.path("MinValue").asInt()
            && Integer.parseInt(value) <= parameter.path("MaxValue").asInt());
  }

  /** Larger ones need a bucket, which `aws cloudformation deploy` does not make. */
  @Test
  void a_template_is_small_enough_to_be_sent_as_it_is() throws Exception {
    try (var files = Files.list(Path.of("."))) {
      assertThat(files.filter(f -> f.toString().endsWith(".yaml")))
          .isNotEmpty()
          .allSatisfy(f -> assertThat(Files.size(f)).as("%s", f).isLessThanOrEqualTo(51_200));
    }
  }

  @Test
  void the_readme_shows_the_actions_of_each_component() {
    String readme = Template.text(Path.of("README.md"));
    for (AwsActions component : AwsActions.all()) {
      assertThat(readme)
          .contains(
              "| %s | %s | %s |"
                  .formatted(
                      component.component(),
                      shown(component.queue()),
                      shown(component.deadLetterQueue())));
    }
  }

  private static String shown(List<String> actions) {
    return actions.isEmpty() ? "none" : String.join(", ", actions);
  }
}
