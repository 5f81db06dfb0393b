package io.outboxpipeline.cloudformation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.cloudformation.model.Output;
import software.amazon.awssdk.services.cloudformation.model.Parameter;
import software.amazon.awssdk.services.cloudformation.model.StackResourceSummary;
import software.amazon.awssdk.services.ec2.model.IpPermission;
import software.amazon.awssdk.services.ec2.model.SecurityGroup;

/** A stack that was made of a template, and what can be seen of it in the account. */
final class Deployed {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NAME = "shop";

  final Aws aws;
  private final Template template;

  private Deployed(Aws aws, Template template) {
    this.aws = aws;
    this.template = template;
  }

  /** Makes a stack and waits for it. */
  static Deployed create(Aws aws, Template template, Map<String, String> parameters) {
    aws.cloudFormation.createStack(
        r -> r.stackName(NAME).templateBody(template.text()).parameters(parameters(parameters)));
    return new Deployed(aws, template);
  }

  void update(Map<String, String> parameters) {
    aws.cloudFormation.updateStack(
        r -> r.stackName(NAME).templateBody(template.text()).parameters(parameters(parameters)));
  }

  void delete() {
    aws.cloudFormation.deleteStack(r -> r.stackName(NAME));
  }

  private static List<Parameter> parameters(Map<String, String> values) {
    return values.entrySet().stream()
        .map(e -> Parameter.builder().parameterKey(e.getKey()).parameterValue(e.getValue()).build())
        .toList();
  }

  String status() {
    return aws.cloudFormation
        .describeStacks(r -> r.stackName(NAME))
        .stacks()
        .getFirst()
        .stackStatusAsString();
  }

  Map<String, String> outputs() {
    return aws
        .cloudFormation
        .describeStacks(r -> r.stackName(NAME))
        .stacks()
        .getFirst()
        .outputs()
        .stream()
        .collect(Collectors.toMap(Output::outputKey, Output::outputValue));
  }

  /** Logical names of what was made, with the ids in AWS. */
  Map<String, String> resources() {
    return aws
        .cloudFormation
        .listStackResources(r -> r.stackName(NAME))
        .stackResourceSummaries()
        .stream()
        .filter(s -> s.physicalResourceId() != null)
        .collect(
            Collectors.toMap(
                StackResourceSummary::logicalResourceId,
                StackResourceSummary::physicalResourceId,
                (a, b) -> b,
                TreeMap::new));
  }

  /** The id of a resource. */
  String id(String logicalName) {
    String id = resources().get(logicalName);
    if (id == null) {
      throw new IllegalArgumentException("there is no " + logicalName + " in " + resources());
    }
    return id;
  }

  /** What a role allows: resource → its actions, sorted. */
  Map<String, List<String>> allowed(String role) {
    var allowed = new TreeMap<String, TreeSet<String>>();
    String name = id(role);
    for (String policy : aws.iam.listRolePolicies(r -> r.roleName(name)).policyNames()) {
      String document =
          aws.iam.getRolePolicy(r -> r.roleName(name).policyName(policy)).policyDocument();
      for (JsonNode statement : json(decoded(document)).path("Statement")) {
        if (!statement.path("Effect").asText().equals("Allow")) {
          continue;
        }
        for (String resource : texts(statement.path("Resource"))) {
          allowed
              .computeIfAbsent(resource, r -> new TreeSet<>())
              .addAll(texts(statement.path("Action")));
        }
      }
    }
    var lists = new TreeMap<String, List<String>>();
    allowed.forEach((resource, actions) -> lists.put(resource, List.copyOf(actions)));
    return lists;
  }

  /** Who may reach whom: lines such as {@code base -> BaseDatabaseGroup tcp 3306}. */
  List<String> edges() {
    Map<String, String> names = new TreeMap<>();
    resources().forEach((logical, id) -> names.put(id, logical));
    var edges = new ArrayList<String>();
    for (SecurityGroup group : aws.ec2.describeSecurityGroups().securityGroups()) {
      String name = names.get(group.groupId());
      if (name == null) {
        continue;
      }
      group
          .ipPermissions()
          .forEach(
              p ->
                  peers(p, names)
                      .forEach(peer -> edges.add(name + " <- " + peer + " " + ports(p))));
      group
          .ipPermissionsEgress()
          .forEach(
              p ->
                  peers(p, names)
                      .forEach(peer -> edges.add(name + " -> " + peer + " " + ports(p))));
    }
    edges.sort(null);
    return edges;
  }

  private static List<String> peers(IpPermission permission, Map<String, String> names) {
    var peers = new ArrayList<String>();
    permission.ipRanges().forEach(r -> peers.add(r.cidrIp()));
    permission
        .userIdGroupPairs()
        .forEach(g -> peers.add(names.getOrDefault(g.groupId(), g.groupId())));
    return peers;
  }

  private static String ports(IpPermission p) {
    return p.fromPort().equals(p.toPort())
        ? p.ipProtocol() + " " + p.fromPort()
        : p.ipProtocol() + " " + p.fromPort() + "-" + p.toPort();
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  static String decoded(String document) {
    return document.startsWith("%")
        ? URLDecoder.decode(document, StandardCharsets.UTF_8)
        : document;
  }

  /** One text or a list of them. */
  static List<String> texts(JsonNode node) {
    var texts = new ArrayList<String>();
    if (node.isArray()) {
      node.forEach(n -> texts.add(n.asText()));
    } else if (!node.isMissingNode()) {
      texts.add(node.asText());
    }
    return texts;
  }
}
