"""moto's server, with what its CloudFormation leaves out and the templates need.

Each resource is handed to moto's own service, whose API then tells about it; services that moto does not have keep
nothing, and their resources have a name and attributes only.
"""

import json
import sys

from moto.cloudformation import parsing
from moto.cloudwatch import cloudwatch_backends
from moto.core.common_models import CloudFormationModel
from moto.ec2 import ec2_backends
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.models.security_groups import SecurityGroup
from moto.ecs.models import Cluster, Service, TaskDefinition, ecs_backends
from moto.eks import eks_backends
from moto.iam.models import Role
from moto.logs import logs_backends
from moto.rds.models import DBParameterGroup
from moto.secretsmanager import secretsmanager_backends
from moto.server import main
from moto.sqs import sqs_backends


TYPES = []  # moto finds them as subclasses, which nothing else holds


class Made:
    """A resource that was made: what Ref and GetAtt give."""

    def __init__(self, ref, attributes=None, remove=None):
        self.physical_resource_id = ref
        self.attributes = attributes or {}
        self.remove = remove or (lambda: None)
        self.type = ""

    def get_cfn_attribute(self, name):
        return self.attributes.get(name, f"{self.physical_resource_id}.{name}")

    def is_created(self):
        return True

    def delete(self, account_id, region_name):
        self.remove()


def resource(resource_type):
    """Registers a function (name, properties, account, region) -> Made as a type of CloudFormation's."""

    def register(make):
        def create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
            made = make(resource_name, cloudformation_json["Properties"], account_id, region_name)
            made.type = resource_type
            return made

        def update(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
            original_resource.remove()
            return make(
                original_resource.physical_resource_id, cloudformation_json["Properties"], account_id, region_name
            )

        TYPES.append(type(
            make.__name__,
            (CloudFormationModel,),
            {
                "cloudformation_name_type": staticmethod(lambda: ""),
                "cloudformation_type": staticmethod(lambda: resource_type),
                "has_cfn_attr": classmethod(lambda cls, attribute: True),
                "create_from_cloudformation_json": classmethod(create),
                "update_from_cloudformation_json": classmethod(update),
                "delete_from_cloudformation_json": classmethod(lambda *_: None),
            },
        ))
        return make

    return register


def tags(properties):
    return properties.get("Tags", [])


@resource("AWS::EC2::SubnetRouteTableAssociation")
def association(name, properties, account, region):
    """In place of moto's, which the route table does not know of."""
    backend = ec2_backends[account][region]
    made = backend.associate_route_table(properties["RouteTableId"], subnet_id=properties["SubnetId"])
    return Made(made, remove=lambda: backend.disassociate_route_table(made))


@resource("AWS::SecretsManager::Secret")
def secret(name, properties, account, region):
    backend = secretsmanager_backends[account][region]
    generate = properties["GenerateSecretString"]
    value = json.loads(generate["SecretStringTemplate"])
    password = backend.get_random_password(
        password_length=generate["PasswordLength"],
        exclude_characters="",
        exclude_numbers=False,
        exclude_punctuation=generate["ExcludePunctuation"],
        exclude_uppercase=False,
        exclude_lowercase=False,
        include_space=False,
        require_each_included_type=True,
    )
    value[generate["GenerateStringKey"]] = json.loads(password)["RandomPassword"]
    made = json.loads(
        backend.create_secret(
            name=name,
            secret_string=json.dumps(value),
            secret_binary=None,
            description=properties.get("Description"),
            tags=tags(properties),
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
    )
    return Made(made["ARN"], remove=lambda: backend.delete_secret(made["ARN"], None, True))


@resource("AWS::CloudWatch::Alarm")
def alarm(name, properties, account, region):
    backend = cloudwatch_backends[account][region]
    made = backend.put_metric_alarm(
        name=name,
        namespace=properties["Namespace"],
        metric_name=properties["MetricName"],
        comparison_operator=properties["ComparisonOperator"],
        evaluation_periods=properties["EvaluationPeriods"],
        period=properties["Period"],
        threshold=properties["Threshold"],
        statistic=properties["Statistic"],
        description=properties["AlarmDescription"],
        dimensions=properties.get("Dimensions", []),
        alarm_actions=properties.get("AlarmActions", []),
        ok_actions=properties.get("OKActions", []),
        treat_missing_data=properties["TreatMissingData"],
    )
    return Made(name, {"Arn": made.alarm_arn}, lambda: backend.delete_alarms([name]))


@resource("AWS::Logs::MetricFilter")
def metric_filter(name, properties, account, region):
    backend = logs_backends[account][region]
    group = properties["LogGroupName"]
    backend.put_metric_filter(
        name,
        properties["FilterPattern"],
        group,
        [
            {"metricName": t["MetricName"], "metricNamespace": t["MetricNamespace"], "metricValue": t["MetricValue"]}
            for t in properties["MetricTransformations"]
        ],
    )
    return Made(name, remove=lambda: backend.delete_metric_filter(name, group))


@resource("AWS::SQS::QueuePolicy")
def queue_policy(name, properties, account, region):
    for url in properties["Queues"]:
        sqs_backends[account][region].set_queue_attributes(
            url.rsplit("/", 1)[1], {"Policy": json.dumps(properties["PolicyDocument"])}
        )
    return Made(name)


@resource("AWS::EKS::Cluster")
def cluster(name, properties, account, region):
    backend = eks_backends[account][region]
    vpc = properties["ResourcesVpcConfig"]
    made = backend.create_cluster(
        name=properties["Name"],
        role_arn=properties["RoleArn"],
        version=properties["Version"],
        resources_vpc_config={
            "subnetIds": vpc["SubnetIds"],
            "endpointPublicAccess": vpc["EndpointPublicAccess"],
            "endpointPrivateAccess": vpc["EndpointPrivateAccess"],
            "publicAccessCidrs": vpc.get("PublicAccessCidrs", ["0.0.0.0/0"]),
        },
        tags={t["Key"]: t["Value"] for t in tags(properties)},
    )
    group = ec2_backends[account][region].create_security_group(
        f"eks-cluster-sg-{made.name}",
        "Cluster",
        ec2_backends[account][region].get_subnet(vpc["SubnetIds"][0]).vpc_id,
    )

    def remove():
        backend.delete_cluster(made.name)
        ec2_backends[account][region].delete_security_group(group_id=group.id)

    return Made(made.name, {"Arn": made.arn, "ClusterSecurityGroupId": group.id}, remove)


@resource("AWS::EKS::Nodegroup")
def node_group(name, properties, account, region):
    backend = eks_backends[account][region]
    scaling = properties["ScalingConfig"]
    made = backend.create_nodegroup(
        cluster_name=properties["ClusterName"],
        node_role=properties["NodeRole"],
        nodegroup_name=name,
        subnets=properties["Subnets"],
        scaling_config={
            "minSize": scaling["MinSize"],
            "maxSize": scaling["MaxSize"],
            "desiredSize": scaling["DesiredSize"],
        },
        instance_types=properties["InstanceTypes"],
        ami_type=properties["AmiType"],
        tags=properties.get("Tags", {}),
    )
    return Made(name, {"Arn": made.arn}, lambda: backend.delete_nodegroup(properties["ClusterName"], name))


@resource("AWS::EKS::Addon")
def addon(name, properties, account, region):
    return Made(f"{properties['ClusterName']}|{properties['AddonName']}")


@resource("AWS::EKS::PodIdentityAssociation")
def pod_identity(name, properties, account, region):
    return Made(name)


def as_cloudformation(value, resources, clean=parsing.clean_json):
    """AWS::NoValue is left out of lists, and the name of an attribute may have points in it."""
    if isinstance(value, dict) and len(value.get("Fn::GetAtt", [])) > 2:
        value = {"Fn::GetAtt": [value["Fn::GetAtt"][0], ".".join(value["Fn::GetAtt"][1:])]}
    cleaned = clean(value, resources)
    return [v for v in cleaned if v is not None] if isinstance(cleaned, list) else cleaned


def with_egress(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """moto makes the ingress rules alone."""
    group = make_security_group(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
    backend = ec2_backends[account_id][region_name]
    rules = cloudformation_json["Properties"].get("SecurityGroupEgress")
    if rules is not None:
        group.egress_rules.clear()
        for rule in rules:
            target = rule.get("DestinationSecurityGroupId")
            backend.authorize_security_group_egress(
                group_name_or_id=group.id,
                ip_protocol=rule["IpProtocol"],
                from_port=rule["FromPort"],
                to_port=rule["ToPort"],
                ip_ranges=[{"CidrIp": rule["CidrIp"]}] if "CidrIp" in rule else [],
                source_groups=[{"GroupId": target}] if target else [],
            )
    return group


def with_network(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """moto leaves out where the tasks are."""
    service = make_service(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
    network = cloudformation_json["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    service.network_configuration = {
        "awsvpcConfiguration": {
            "subnets": network["Subnets"],
            "securityGroups": network["SecurityGroups"],
            "assignPublicIp": network["AssignPublicIp"],
        }
    }
    return service


def with_roles(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """moto leaves the roles out."""
    task = make_task(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
    properties = cloudformation_json["Properties"]
    task.execution_role_arn = properties["ExecutionRoleArn"]
    if "TaskRoleArn" in properties:
        task.task_role_arn = properties["TaskRoleArn"]
    return task


def put_policy(role, name, document):
    """moto keeps a policy of a template as Python's text of it, not as JSON."""
    put_text(role, name, document if isinstance(document, str) else json.dumps(document))


make_task = TaskDefinition.create_from_cloudformation_json.__func__
make_service = Service.create_from_cloudformation_json.__func__
put_text = Role.put_policy
make_security_group = SecurityGroup.create_from_cloudformation_json.__func__
TaskDefinition.create_from_cloudformation_json = classmethod(with_roles)
Service.create_from_cloudformation_json = classmethod(with_network)
Cluster.delete = lambda cluster, account, region: ecs_backends[account][region].delete_cluster(cluster.name)
Role.put_policy = put_policy
RouteTable.delete = lambda table, account, region: ec2_backends[account][region].delete_route_table(table.id)
DBParameterGroup.physical_resource_id = property(lambda group: group.name)
SecurityGroup.create_from_cloudformation_json = classmethod(with_egress)
parsing.clean_json = as_cloudformation

if __name__ == "__main__":
    main(sys.argv[1:])
