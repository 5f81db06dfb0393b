package io.outboxpipeline.cloudformation;

import java.util.ArrayList;
import java.util.List;

/** A VPC with two public and two private subnets. */
record Network(String vpc, List<String> publicSubnets, List<String> privateSubnets) {
  static final Network NONE = new Network("", List.of(), List.of());

  /** Makes one, as somebody else would have before. */
  static Network create(Aws aws) {
    String vpc = aws.ec2.createVpc(r -> r.cidrBlock("10.0.0.0/16")).vpc().vpcId();
    var subnets = new ArrayList<String>();
    for (int i = 0; i < 4; i++) {
      String block = "10.0." + i + ".0/24";
      String zone = Aws.REGION + (i % 2 == 0 ? "a" : "b");
      subnets.add(
          aws.ec2
              .createSubnet(r -> r.vpcId(vpc).cidrBlock(block).availabilityZone(zone))
              .subnet()
              .subnetId());
    }
    return new Network(vpc, subnets.subList(0, 2), subnets.subList(2, 4));
  }
}
