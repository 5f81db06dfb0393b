package io.outboxpipeline.cloudformation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.outboxpipeline.runtime.AwsActions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.cloudwatch.model.MetricAlarm;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Vpc;
import software.amazon.awssdk.services.ecs.model.Service;
import software.amazon.awssdk.services.rds.model.DBInstance;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** {@code stack.yaml}, deployed to the stand-in for AWS. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Aws.ACCOUNT)
final class StackIT {
  private static final String CLIENTS = "203.0.113.7/32";

  private final Aws aws = Aws.empty();

  private Deployed deploy(Map<String, String> parameters) {
    var all = new HashMap<>(parameters);
    all.putIfAbsent("ClientCidr", CLIENTS);
    return Deployed.create(aws, Template.stack(), all);
  }

  @ParameterizedTest
  @CsvSource({"dev, false", "dev, true", "prod, false", "prod, true"})
  void tasks_and_databases_are_where_environment_and_network_put_them(
      String environment, boolean existing) {
    var parameters = new HashMap<>(Map.of("Environment", environment));
    Network given = existing ? Network.create(aws) : Network.NONE;
    if (existing) {
      parameters.put("VpcId", given.vpc());
      parameters.put("PublicSubnetIds", String.join(",", given.publicSubnets()));
      parameters.put("PrivateSubnetIds", String.join(",", given.privateSubnets()));
    }
    Deployed stack = deploy(parameters);
    assertThat(stack.status()).isEqualTo("CREATE_COMPLETE");
    Network network =
        existing
            ? given
            : new Network(
                stack.id("Vpc"),
                List.of(stack.id("PublicSubnet1"), stack.id("PublicSubnet2")),
                List.of(stack.id("PrivateSubnet1"), stack.id("PrivateSubnet2")));
    boolean prod = environment.equals("prod");

    for (Service service : services(stack)) {
      var at = service.networkConfiguration().awsvpcConfiguration();
      assertThat(at.subnets())
          .as(service.serviceName())
          .isEqualTo(prod ? network.privateSubnets() : network.publicSubnets());
      assertThat(at.assignPublicIpAsString()).isEqualTo(prod ? "DISABLED" : "ENABLED");
    }
    for (DBInstance database : aws.rds.describeDBInstances().dbInstances()) {
      assertThat(database.dbSubnetGroup().vpcId()).isEqualTo(network.vpc());
      assertThat(database.dbSubnetGroup().subnets())
          .extracting(s -> s.subnetIdentifier())
          .containsExactlyInAnyOrderElementsOf(network.privateSubnets());
      assertThat(database.multiAZ()).isEqualTo(prod);
      assertThat(database.storageEncrypted()).isTrue();
      assertThat(database.publiclyAccessible()).isFalse();
      assertThat(database.dbInstanceClass()).isEqualTo(prod ? "db.m7g.large" : "db.t4g.micro");
    }
    assertThat(aws.balancing.describeLoadBalancers().loadBalancers())
        .singleElement()
        .satisfies(
            b -> {
              assertThat(b.vpcId()).isEqualTo(network.vpc());
              assertThat(b.availabilityZones())
                  .extracting(z -> z.subnetId())
                  .containsExactlyInAnyOrderElementsOf(network.publicSubnets());
            });
    assertThat(aws.ec2.describeNatGateways().natGateways()).hasSize(prod && !existing ? 2 : 0);
    assertThat(stack.resources().containsKey("Vpc")).isEqualTo(!existing);
    assertThat(zones(network.publicSubnets())).hasSize(2);
    assertThat(zones(network.privateSubnets())).hasSize(2);
    assertThat(hasWayOut(network.publicSubnets().getFirst(), "igw-")).isEqualTo(!existing);
    assertThat(hasWayOut(network.privateSubnets().getFirst(), "nat-")).isEqualTo(prod && !existing);
  }

  private Set<String> zones(List<String> subnets) {
    var zones = new HashSet<String>();
    aws.ec2
        .describeSubnets(r -> r.subnetIds(subnets))
        .subnets()
        .forEach(s -> zones.add(s.availabilityZone()));
    return zones;
  }

  private boolean hasWayOut(String subnet, String by) {
    var ofSubnet = Filter.builder().name("association.subnet-id").values(subnet).build();
    return aws.ec2.describeRouteTables(r -> r.filters(ofSubnet)).routeTables().stream()
        .flatMap(t -> t.routes().stream())
        .filter(r -> "0.0.0.0/0".equals(r.destinationCidrBlock()))
        .anyMatch(
            r ->
                (r.gatewayId() != null && r.gatewayId().startsWith(by))
                    || (r.natGatewayId() != null && r.natGatewayId().startsWith(by)));
  }

  private List<Service> services(Deployed stack) {
    String cluster = stack.id("Cluster");
    List<String> arns = aws.ecs.listServices(r -> r.cluster(cluster)).serviceArns();
    return aws.ecs.describeServices(r -> r.cluster(cluster).services(arns)).services();
  }

  @Test
  void the_queue_is_fifo_and_gives_up_to_a_fifo_dead_letter_queue() {
    Deployed stack = deploy(Map.of("MaxReceiveCount", "7", "VisibilityTimeout", "90"));
    Map<QueueAttributeName, String> queue = attributes(stack.id("Queue"));
    Map<QueueAttributeName, String> dead = attributes(stack.id("DeadLetterQueue"));
    JsonNode redrive = Deployed.json(value(queue, QueueAttributeName.REDRIVE_POLICY));

    assertThat(queue).containsEntry(QueueAttributeName.FIFO_QUEUE, "true");
    assertThat(queue).containsEntry(QueueAttributeName.VISIBILITY_TIMEOUT, "90");
    assertThat(queue).doesNotContainEntry(QueueAttributeName.CONTENT_BASED_DEDUPLICATION, "true");
    assertThat(redrive.path("deadLetterTargetArn").asText())
        .isEqualTo(value(dead, QueueAttributeName.QUEUE_ARN));
    assertThat(redrive.path("maxReceiveCount").asInt()).isEqualTo(7);
    assertThat(dead).containsEntry(QueueAttributeName.FIFO_QUEUE, "true");
    assertThat(dead).containsEntry(QueueAttributeName.MESSAGE_RETENTION_PERIOD, "1209600");
    for (var attributes : List.of(queue, dead)) {
      JsonNode policy = Deployed.json(value(attributes, QueueAttributeName.POLICY));
      assertThat(policy.path("Statement").path(0).path("Effect").asText()).isEqualTo("Deny");
      assertThat(policy.toString()).contains("\"aws:SecureTransport\":\"false\"");
    }
  }

  private Map<QueueAttributeName, String> attributes(String url) {
    return aws.sqs
        .getQueueAttributes(r -> r.queueUrl(url).attributeNames(QueueAttributeName.ALL))
        .attributes();
  }

  private static String value(Map<QueueAttributeName, String> attributes, QueueAttributeName name) {
    return attributes.getOrDefault(name, "");
  }

  @Test
  void roles_allow_what_the_code_asks_for_and_no_more() {
    Deployed stack = deploy(Map.of());
    String queue = value(attributes(stack.id("Queue")), QueueAttributeName.QUEUE_ARN);
    String dead = value(attributes(stack.id("DeadLetterQueue")), QueueAttributeName.QUEUE_ARN);

    assertThat(stack.allowed("RelayRole")).isEqualTo(Map.of(queue, AwsActions.RELAY.queue()));
    assertThat(stack.allowed("ConsumerRole"))
        .isEqualTo(
            Map.of(
                queue, AwsActions.CONSUMER.queue(), dead, AwsActions.CONSUMER.deadLetterQueue()));
    assertThat(AwsActions.BASE.actions()).isEmpty();
    assertThat(taskRole(stack, "BaseTask")).isNullOrEmpty();
    assertThat(taskRole(stack, "RelayTask")).endsWith("/" + stack.id("RelayRole"));
    assertThat(taskRole(stack, "ConsumerTask")).endsWith("/" + stack.id("ConsumerRole"));
  }

  private @Nullable String taskRole(Deployed stack, String task) {
    return aws.ecs
        .describeTaskDefinition(r -> r.taskDefinition(stack.id(task)))
        .taskDefinition()
        .taskRoleArn();
  }

  @Test
  void starting_a_task_reads_its_own_secret_and_writes_its_own_log() {
    Deployed stack = deploy(Map.of());
    assertThat(stack.allowed("BaseStartRole"))
        .isEqualTo(
            Map.of(
                stack.id("BaseSecret"), List.of("secretsmanager:GetSecretValue"),
                log("base"), List.of("logs:CreateLogStream", "logs:PutLogEvents")));
    assertThat(stack.allowed("RelayStartRole"))
        .isEqualTo(
            Map.of(
                stack.id("BaseSecret"), List.of("secretsmanager:GetSecretValue"),
                log("relay"), List.of("logs:CreateLogStream", "logs:PutLogEvents"),
                log("relay-probe"), List.of("logs:CreateLogStream", "logs:PutLogEvents")));
    assertThat(stack.allowed("ConsumerStartRole"))
        .isEqualTo(
            Map.of(
                stack.id("ConsumerSecret"), List.of("secretsmanager:GetSecretValue"),
                log("consumer"), List.of("logs:CreateLogStream", "logs:PutLogEvents")));
  }

  /** AWS has {@code :*} at the end, for the log's streams; moto has not. */
  private static String log(String service) {
    return "arn:aws:logs:%s:%s:log-group:/outboxpipeline/shop/%s"
        .formatted(Aws.REGION, Aws.ACCOUNT, service);
  }

  @Test
  void images_in_ecr_may_be_pulled() {
    Deployed stack = deploy(Map.of("ImagesInEcr", "true"));
    String name = stack.id("BaseStartRole");
    assertThat(aws.iam.listRolePolicies(r -> r.roleName(name)).policyNames())
        .containsExactlyInAnyOrder("start", "pull");
  }

  @Test
  void each_part_reaches_what_it_needs_and_nothing_else() {
    assertThat(deploy(Map.of()).edges())
        .containsExactlyInAnyOrder(
            "LoadBalancerGroup <- 203.0.113.7/32 tcp 80",
            "LoadBalancerGroup -> BaseGroup tcp 8081",
            "BaseGroup <- LoadBalancerGroup tcp 8081",
            "BaseGroup -> BaseDatabaseGroup tcp 3306",
            "BaseGroup -> 0.0.0.0/0 tcp 443",
            "RelayGroup -> BaseDatabaseGroup tcp 3306",
            "RelayGroup -> 0.0.0.0/0 tcp 443",
            "ConsumerGroup -> ConsumerDatabaseGroup tcp 3306",
            "ConsumerGroup -> 0.0.0.0/0 tcp 443",
            "BaseDatabaseGroup <- BaseGroup tcp 3306",
            "BaseDatabaseGroup <- RelayGroup tcp 3306",
            "BaseDatabaseGroup -> 127.0.0.1/32 icmp 252-86",
            "ConsumerDatabaseGroup <- ConsumerGroup tcp 3306",
            "ConsumerDatabaseGroup -> 127.0.0.1/32 icmp 252-86");
  }

  @Test
  void clients_reach_the_base_s_api_and_no_other_of_its_paths() {
    Deployed stack = deploy(Map.of());
    assertThat(
            aws.balancing
                .describeListeners(r -> r.loadBalancerArn(stack.id("LoadBalancer")))
                .listeners())
        .singleElement()
        .satisfies(l -> assertThat(l.port()).isEqualTo(80));
    var rules = aws.balancing.describeRules(r -> r.listenerArn(stack.id("HttpListener"))).rules();
    assertThat(rules).hasSize(2);
    assertThat(rules)
        .filteredOn(r -> !r.isDefault())
        .singleElement()
        .satisfies(
            r -> {
              assertThat(r.conditions().getFirst().pathPatternConfig().values())
                  .containsExactly("/api/v1/spending", "/api/v1/spending/*", "/openapi");
              assertThat(r.actions().getFirst().targetGroupArn())
                  .isEqualTo(stack.id("BaseTargets"));
            });
    assertThat(rules)
        .filteredOn(r -> r.isDefault())
        .singleElement()
        .satisfies(
            r ->
                assertThat(r.actions().getFirst().fixedResponseConfig().statusCode())
                    .isEqualTo("404"));
  }

  @Test
  void with_a_certificate_only_https_is_served() {
    String certificate =
        aws.certificates.requestCertificate(r -> r.domainName("example.com")).certificateArn();
    assertThat(certificate)
        .matches(Template.stack().parameter("CertificateArn").path("AllowedPattern").asText());
    Deployed stack = deploy(Map.of("CertificateArn", certificate));
    assertThat(stack.edges()).contains("LoadBalancerGroup <- 203.0.113.7/32 tcp 443");
    assertThat(aws.balancing.describeRules(r -> r.listenerArn(stack.id("HttpListener"))).rules())
        .singleElement()
        .satisfies(
            r -> assertThat(r.actions().getFirst().redirectConfig().protocol()).isEqualTo("HTTPS"));
    assertThat(aws.balancing.describeRules(r -> r.listenerArn(stack.id("HttpsListener"))).rules())
        .hasSize(2);
    assertThat(stack.outputs().get("BaseUrl")).startsWith("https://");
    assertThat(stack.outputs().get("Curl")).contains(" https://");
  }

  @Test
  void passwords_are_generated_and_each_database_has_its_own() {
    Deployed stack = deploy(Map.of());
    JsonNode base = secret(stack.id("BaseSecret"));
    JsonNode consumer = secret(stack.id("ConsumerSecret"));
    assertThat(base.path("username").asText()).isEqualTo("outboxpipeline");
    assertThat(base.path("password").asText()).hasSize(40).isAlphanumeric();
    assertThat(base.path("password")).isNotEqualTo(consumer.path("password"));
  }

  private JsonNode secret(String id) {
    return Deployed.json(aws.secrets.getSecretValue(r -> r.secretId(id)).secretString());
  }

  @Test
  void alarms_watch_the_queue_the_dead_letters_and_the_relays_and_tell_the_topic() {
    String topic = "arn:aws:sns:%s:%s:alarms".formatted(Aws.REGION, Aws.ACCOUNT);
    Deployed stack =
        deploy(
            Map.of("AlarmTopicArn", topic, "OldestMessageSeconds", "600", "RelayLagSeconds", "45"));
    List<MetricAlarm> alarms = aws.cloudWatch.describeAlarms().metricAlarms();
    String queue = name(stack.outputs().get("QueueUrl"));
    String dead = name(stack.outputs().get("DeadLetterQueueUrl"));

    assertThat(alarms)
        .extracting(
            a ->
                a.namespace()
                    + " "
                    + a.metricName()
                    + " "
                    + a.dimensions().stream().map(d -> d.value()).toList()
                    + " > "
                    + a.threshold().intValue())
        .containsExactlyInAnyOrder(
            "AWS/SQS ApproximateAgeOfOldestMessage [" + queue + "] > 600",
            "AWS/SQS ApproximateNumberOfMessagesVisible [" + dead + "] > 0",
            "OutboxPipeline/shop RelayOldestEventAge [] > 45",
            "OutboxPipeline/shop RelayUnownedPartitions [] > 0");
    assertThat(alarms)
        .allSatisfy(
            a -> {
              assertThat(a.comparisonOperatorAsString()).isEqualTo("GreaterThanThreshold");
              assertThat(a.alarmActions()).containsExactly(topic);
              assertThat(a.okActions()).containsExactly(topic);
            });
    assertThat(alarms)
        .filteredOn(a -> a.treatMissingData().equals("breaching"))
        .extracting(MetricAlarm::metricName)
        .as("relays that say nothing are an alarm")
        .containsExactly("RelayOldestEventAge");
    assertThat(
            aws.logs
                .describeMetricFilters(r -> r.logGroupName(stack.id("RelayProbeLog")))
                .metricFilters())
        .extracting(f -> f.metricTransformations().getFirst())
        .extracting(t -> t.metricNamespace() + " " + t.metricName() + " " + t.metricValue())
        .containsExactlyInAnyOrder(
            "OutboxPipeline/shop RelayOldestEventAge $.oldestEventAgeSeconds",
            "OutboxPipeline/shop RelayUnownedPartitions $.unownedPartitions");
  }

  private static String name(@Nullable String url) {
    String text = String.valueOf(url);
    return text.substring(text.lastIndexOf('/') + 1);
  }

  @Test
  void without_a_topic_alarms_tell_nobody() {
    deploy(Map.of());
    assertThat(aws.cloudWatch.describeAlarms().metricAlarms())
        .hasSize(4)
        .allSatisfy(a -> assertThat(a.alarmActions()).isEmpty());
  }

  @Test
  void logs_are_kept_as_long_as_told() {
    deploy(Map.of("LogRetentionDays", "90"));
    assertThat(aws.logs.describeLogGroups().logGroups())
        .extracting(g -> g.logGroupName() + " " + g.retentionInDays())
        .containsExactlyInAnyOrder(
            "/outboxpipeline/shop/base 90",
            "/outboxpipeline/shop/relay 90",
            "/outboxpipeline/shop/relay-probe 1",
            "/outboxpipeline/shop/consumer 90");
  }

  @Test
  void outputs_say_where_the_base_and_the_queues_are() {
    Deployed stack = deploy(Map.of());
    Map<String, String> outputs = stack.outputs();
    String host = aws.balancing.describeLoadBalancers().loadBalancers().getFirst().dnsName();
    assertThat(outputs.get("BaseUrl")).isEqualTo("http://" + host + "/api/v1/spending");
    assertThat(outputs.get("Curl"))
        .startsWith("curl -d '{\"identity\":")
        .endsWith(" http://" + host + "/api/v1/spending");
    assertThat(outputs.get("QueueUrl")).isEqualTo(stack.id("Queue"));
    assertThat(name(outputs.get("QueueUrl"))).matches("spending-[0-9a-f]{8}\\.fifo");
    assertThat(name(outputs.get("DeadLetterQueueUrl"))).matches("spending-[0-9a-f]{8}-dlq\\.fifo");
  }

  @Test
  void an_update_scales_the_relays_and_leaves_the_rest_alone() {
    Deployed stack = deploy(Map.of());
    var before = stack.resources();
    assertThat(desired(stack)).containsEntry("relay", 2);

    stack.update(Map.of("ClientCidr", CLIENTS, "RelayCount", "5", "RelayLagSeconds", "30"));

    assertThat(stack.status()).isEqualTo("UPDATE_COMPLETE");
    assertThat(desired(stack))
        .containsEntry("relay", 5)
        .containsEntry("base", 2)
        .containsEntry("consumer", 2);
    assertThat(aws.cloudWatch.describeAlarms().metricAlarms())
        .filteredOn(a -> a.metricName().equals("RelayOldestEventAge"))
        .singleElement()
        .satisfies(a -> assertThat(a.threshold()).isEqualTo(30));
    for (String kept :
        List.of(
            "BaseDatabase",
            "ConsumerDatabase",
            "Queue",
            "DeadLetterQueue",
            "Vpc",
            "LoadBalancer")) {
      assertThat(stack.id(kept)).isEqualTo(before.get(kept));
    }
  }

  private Map<String, Integer> desired(Deployed stack) {
    var desired = new HashMap<String, Integer>();
    for (Service service : services(stack)) {
      String family = service.taskDefinition().replaceFirst(".*/shop-([a-z]+):.*", "$1");
      desired.put(family, service.desiredCount());
    }
    return desired;
  }

  @Test
  void deleting_leaves_the_queues_and_nothing_else() {
    Deployed stack = deploy(Map.of("Environment", "prod"));
    var queues = List.of(name(stack.id("Queue")), name(stack.id("DeadLetterQueue")));
    String vpc = stack.id("Vpc");
    String cluster = stack.id("Cluster");

    stack.delete();

    assertThat(aws.sqs.listQueues().queueUrls())
        .extracting(StackIT::name)
        .containsExactlyInAnyOrderElementsOf(queues);
    assertThat(aws.ecs.describeClusters(r -> r.clusters(cluster)).clusters())
        .allSatisfy(c -> assertThat(c.status()).isEqualTo("INACTIVE"));
    assertThat(aws.rds.describeDBInstances().dbInstances()).isEmpty();
    assertThat(aws.balancing.describeLoadBalancers().loadBalancers()).isEmpty();
    assertThat(aws.cloudWatch.describeAlarms().metricAlarms()).isEmpty();
    assertThat(aws.logs.describeLogGroups().logGroups()).isEmpty();
    assertThat(aws.iam.listRoles().roles()).isEmpty();
    assertThat(aws.ec2.describeVpcs().vpcs()).extracting(Vpc::vpcId).doesNotContain(vpc);
  }

  @Test
  void a_stack_may_follow_one_of_the_same_name_that_was_deleted() {
    Deployed first = deploy(Map.of());
    String queue = first.id("Queue");
    first.delete();

    Deployed second = deploy(Map.of());

    assertThat(second.status()).isEqualTo("CREATE_COMPLETE");
    assertThat(second.id("Queue")).isNotEqualTo(queue);
  }
}
