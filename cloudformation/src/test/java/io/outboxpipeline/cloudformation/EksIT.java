package io.outboxpipeline.cloudformation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.outboxpipeline.runtime.AwsActions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.ec2.model.Vpc;
import software.amazon.awssdk.services.rds.model.DBInstance;

/** {@code eks.yaml}, deployed to the stand-in for AWS. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Aws.ACCOUNT)
final class EksIT {
  private final Aws aws = Aws.empty();

  @ParameterizedTest
  @CsvSource({"dev, false", "dev, true", "prod, false", "prod, true"})
  void nodes_and_databases_are_where_environment_and_network_put_them(
      String environment, boolean existing) {
    var parameters = new HashMap<>(Map.of("Environment", environment, "ApiCidr", "203.0.113.7/32"));
    Network given = existing ? Network.create(aws) : Network.NONE;
    if (existing) {
      parameters.put("VpcId", given.vpc());
      parameters.put("PublicSubnetIds", String.join(",", given.publicSubnets()));
      parameters.put("PrivateSubnetIds", String.join(",", given.privateSubnets()));
    }
    Deployed stack = Deployed.create(aws, Template.eks(), parameters);
    assertThat(stack.status()).isEqualTo("CREATE_COMPLETE");
    Network network =
        existing
            ? given
            : new Network(
                stack.id("Vpc"),
                List.of(stack.id("PublicSubnet1"), stack.id("PublicSubnet2")),
                List.of(stack.id("PrivateSubnet1"), stack.id("PrivateSubnet2")));
    boolean prod = environment.equals("prod");

    var nodes =
        aws.eks
            .describeNodegroup(r -> r.clusterName("shop").nodegroupName(stack.id("Nodes")))
            .nodegroup();
    assertThat(nodes.subnets())
        .isEqualTo(prod ? network.privateSubnets() : network.publicSubnets());
    assertThat(nodes.instanceTypes()).containsExactly(prod ? "m7i.large" : "t3.medium");
    var cluster = aws.eks.describeCluster(r -> r.name("shop")).cluster();
    assertThat(cluster.resourcesVpcConfig().subnetIds()).isEqualTo(network.privateSubnets());
    assertThat(cluster.resourcesVpcConfig().publicAccessCidrs()).containsExactly("203.0.113.7/32");
    assertThat(aws.rds.describeDBInstances().dbInstances())
        .hasSize(2)
        .allSatisfy(
            database -> {
              assertThat(database.dbSubnetGroup().vpcId()).isEqualTo(network.vpc());
              assertThat(database.multiAZ()).isEqualTo(prod);
              assertThat(database.storageEncrypted()).isTrue();
              assertThat(database.publiclyAccessible()).isFalse();
            });
    assertThat(aws.ec2.describeNatGateways().natGateways()).hasSize(prod && !existing ? 2 : 0);
  }

  @Test
  void roles_allow_what_the_code_asks_for_on_this_pipeline_s_queues_alone() {
    Deployed stack = Deployed.create(aws, Template.eks(), Map.of("PipelineName", "orders"));
    String queue = "arn:aws:sqs:%s:%s:orders.fifo".formatted(Aws.REGION, Aws.ACCOUNT);
    String dead = "arn:aws:sqs:%s:%s:orders-dlq.fifo".formatted(Aws.REGION, Aws.ACCOUNT);

    assertThat(stack.allowed("OperatorRole"))
        .isEqualTo(
            Map.of(
                queue, AwsActions.OPERATOR.queue(), dead, AwsActions.OPERATOR.deadLetterQueue()));
    assertThat(stack.allowed("RelayRole")).isEqualTo(Map.of(queue, AwsActions.RELAY.queue()));
    assertThat(stack.allowed("ConsumerRole"))
        .isEqualTo(
            Map.of(
                queue, AwsActions.CONSUMER.queue(), dead, AwsActions.CONSUMER.deadLetterQueue()));
  }

  @Test
  void roles_are_for_one_service_account_of_one_cluster() {
    Deployed stack =
        Deployed.create(
            aws,
            Template.eks(),
            Map.of("PipelineName", "orders", "PipelineNamespace", "shop-prod"));
    assertThat(trusted(stack, "OperatorRole"))
        .isEqualTo("shop/outboxpipeline-system/outboxpipeline-operator");
    assertThat(trusted(stack, "RelayRole")).isEqualTo("shop/shop-prod/orders-relay");
    assertThat(trusted(stack, "ConsumerRole")).isEqualTo("shop/shop-prod/orders-consumer");
  }

  private String trusted(Deployed stack, String role) {
    String document =
        aws.iam.getRole(r -> r.roleName(stack.id(role))).role().assumeRolePolicyDocument();
    JsonNode statement = Deployed.json(Deployed.decoded(document)).path("Statement").path(0);
    assertThat(statement.path("Principal").path("Service").asText())
        .isEqualTo("pods.eks.amazonaws.com");
    JsonNode equals = statement.path("Condition").path("StringEquals");
    return String.join(
        "/",
        equals.path("aws:RequestTag/eks-cluster-name").asText(),
        equals.path("aws:RequestTag/kubernetes-namespace").asText(),
        equals.path("aws:RequestTag/kubernetes-service-account").asText());
  }

  @Test
  void the_databases_are_reached_from_the_cluster_alone() {
    Deployed stack = Deployed.create(aws, Template.eks(), Map.of());
    String cluster =
        aws.ec2.describeSecurityGroups().securityGroups().stream()
            .filter(g -> g.groupName().equals("eks-cluster-sg-shop"))
            .findFirst()
            .orElseThrow()
            .groupId();
    assertThat(stack.edges())
        .containsExactlyInAnyOrder(
            "BaseDatabaseGroup <- " + cluster + " tcp 3306",
            "BaseDatabaseGroup -> 127.0.0.1/32 icmp 252-86",
            "ConsumerDatabaseGroup <- " + cluster + " tcp 3306",
            "ConsumerDatabaseGroup -> 127.0.0.1/32 icmp 252-86");
  }

  @Test
  void an_existing_cluster_gets_rights_and_databases_only() {
    Network network = Network.create(aws);
    String group =
        aws.ec2
            .createSecurityGroup(
                r -> r.groupName("cluster").description("cluster").vpcId(network.vpc()))
            .groupId();
    Deployed stack =
        Deployed.create(
            aws,
            Template.eks(),
            Map.of(
                "ClusterName",
                "existing",
                "ClusterSecurityGroupId",
                group,
                "VpcId",
                network.vpc(),
                "PrivateSubnetIds",
                String.join(",", network.privateSubnets())));
    assertThat(stack.status()).isEqualTo("CREATE_COMPLETE");
    assertThat(aws.eks.listClusters().clusters()).isEmpty();
    assertThat(stack.edges()).contains("BaseDatabaseGroup <- " + group + " tcp 3306");
    assertThat(trusted(stack, "RelayRole")).isEqualTo("existing/default/spending-relay");
    assertThat(stack.outputs()).containsEntry("ClusterName", "existing");
    assertThat(stack.resources()).doesNotContainKeys("ClusterRole", "NodeRole", "Nodes");
  }

  @Test
  void outputs_are_the_commands_that_run_the_pipeline() {
    Deployed stack =
        Deployed.create(
            aws,
            Template.eks(),
            Map.of(
                "PipelineName", "orders",
                "PipelineNamespace", "shop-prod",
                "ImageRegistry", "registry.example:5000/shop"));
    Map<String, String> outputs = stack.outputs();
    assertThat(outputs.get("Kubeconfig"))
        .isEqualTo("aws eks update-kubeconfig --region " + Aws.REGION + " --name shop");
    assertThat(outputs.get("HelmInstall"))
        .startsWith("helm install outboxpipeline helm/outboxpipeline")
        .contains(" --namespace outboxpipeline-system ")
        .endsWith(
            "serviceAccount.name=outboxpipeline-operator"
                + " --set image.registry=registry.example:5000/shop");
    assertThat(outputs.get("Secrets"))
        .contains(stack.id("BaseSecret"), stack.id("ConsumerSecret"))
        .contains("secret generic orders-base-database", "secret generic orders-consumer-database");

    String apply = String.valueOf(outputs.get("KubectlApply"));
    String document = apply.substring(apply.indexOf("<<EOF\n") + 6, apply.indexOf("\nEOF\n"));
    JsonNode pipeline = Template.parse(document);
    Map<String, DBInstance> databases = new HashMap<>();
    aws.rds.describeDBInstances().dbInstances().forEach(d -> databases.put(d.dbName(), d));
    assertThat(pipeline.path("kind").asText()).isEqualTo("OutboxPipeline");
    assertThat(pipeline.path("metadata").path("name").asText()).isEqualTo("orders");
    assertThat(pipeline.path("spec").path("queue").path("name").asText()).isEqualTo("orders.fifo");
    assertPointsTo(
        pipeline.path("spec").path("database"), databases.get("base"), "orders-base-database");
    assertPointsTo(
        pipeline.path("spec").path("consumer").path("database"),
        databases.get("consumer"),
        "orders-consumer-database");
  }

  private static void assertPointsTo(JsonNode spec, @Nullable DBInstance database, String secret) {
    assertThat(database).isNotNull();
    assertThat(spec.path("host").asText()).isEqualTo(database.endpoint().address());
    assertThat(spec.path("port").asInt()).isEqualTo(database.endpoint().port());
    assertThat(spec.path("name").asText()).isEqualTo(database.dbName());
    assertThat(spec.path("credentials").path("secretName").asText()).isEqualTo(secret);
    assertThat(spec.path("tls").path("mode").asText()).isEqualTo("Required");
  }

  @Test
  void an_update_changes_the_nodes_and_keeps_the_databases() {
    Deployed stack = Deployed.create(aws, Template.eks(), Map.of());
    var before = stack.resources();
    stack.update(Map.of("NodeCount", "3"));
    assertThat(stack.status()).isEqualTo("UPDATE_COMPLETE");
    var nodes =
        aws.eks
            .describeNodegroup(r -> r.clusterName("shop").nodegroupName(stack.id("Nodes")))
            .nodegroup();
    assertThat(nodes.scalingConfig().desiredSize()).isEqualTo(3);
    assertThat(stack.id("BaseDatabase")).isEqualTo(before.get("BaseDatabase"));
    assertThat(stack.id("ConsumerDatabase")).isEqualTo(before.get("ConsumerDatabase"));
  }

  @Test
  void deleting_leaves_nothing() {
    Deployed stack = Deployed.create(aws, Template.eks(), Map.of("Environment", "prod"));
    String vpc = stack.id("Vpc");
    stack.delete();
    assertThat(aws.eks.listClusters().clusters()).isEmpty();
    assertThat(aws.rds.describeDBInstances().dbInstances()).isEmpty();
    assertThat(aws.iam.listRoles().roles()).isEmpty();
    assertThat(aws.ec2.describeVpcs().vpcs()).extracting(Vpc::vpcId).doesNotContain(vpc);
  }
}
