"""Stand-ins that make what the program asks for, in an emulator.

What keeps data or decides about permissions becomes real there; so do functions, whose
existence a function may ask for. Everything else gets an id and an ARN, as in every other test.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.runtime import MockResourceArgs

from infra.components.resource_graph import AwsMocks, Deployment
from infra.local.clients import Clients
from infra.local.deploy_data import ACCOUNT

Inputs = Mapping[str, Any]
Made = dict[str, Any]


class EmulatorMocks(AwsMocks):
    """Makes resources with their own inputs and answers with the emulator's ids and ARNs."""

    account = ACCOUNT

    def __init__(self, deployment: Deployment, aws: Clients) -> None:
        super().__init__(deployment)
        self._aws = aws

    def make(self, args: MockResourceArgs) -> tuple[str, Made]:
        made_id, computed = super().make(args)
        makers: dict[str, Callable[[Inputs], Made]] = {
            "aws:cloudwatch/logGroup:LogGroup": self._log_group,
            "aws:dynamodb/table:Table": self._table,
            "aws:iam/role:Role": self._role,
            "aws:iam/rolePolicy:RolePolicy": self._role_policy,
            "aws:kms/alias:Alias": self._key_alias,
            "aws:kms/key:Key": self._key,
            "aws:lambda/alias:Alias": self._function_alias,
            "aws:lambda/function:Function": self._function,
            "aws:secretsmanager/secret:Secret": self._secret,
            "aws:sqs/queue:Queue": self._queue,
        }
        if args.typ in makers:
            computed |= makers[args.typ](args.inputs)
        return computed.pop("id", made_id), computed

    def _table(self, inputs: Inputs) -> Made:
        def keys(hash_key: str, range_key: str) -> list[dict[str, str]]:
            return [
                {"AttributeName": hash_key, "KeyType": "HASH"},
                {"AttributeName": range_key, "KeyType": "RANGE"},
            ]

        def throughput(of: Inputs) -> dict[str, Any]:
            if of.get("readCapacity") is None:
                return {}
            units = {
                "ReadCapacityUnits": int(of["readCapacity"]),
                "WriteCapacityUnits": int(of["writeCapacity"]),
            }
            return {"ProvisionedThroughput": units}

        client, name = self._aws("dynamodb"), inputs["name"]
        if source := inputs.get("restoreSourceName"):
            restored = client.restore_table_to_point_in_time(
                SourceTableName=source, TargetTableName=name, UseLatestRestorableTime=True
            )["TableDescription"]
            return {"id": name, "arn": restored["TableArn"]}
        table = client.create_table(
            TableName=name,
            BillingMode=inputs["billingMode"],
            KeySchema=keys(inputs["hashKey"], inputs["rangeKey"]),
            AttributeDefinitions=[
                {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
                for attribute in inputs["attributes"]
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index["name"],
                    "KeySchema": [
                        {"AttributeName": key["attributeName"], "KeyType": key["keyType"]}
                        for key in index["keySchemas"]
                    ],
                    "Projection": {
                        "ProjectionType": index["projectionType"],
                        **(
                            {"NonKeyAttributes": index["nonKeyAttributes"]}
                            if "nonKeyAttributes" in index
                            else {}
                        ),
                    },
                    **throughput(index),
                }
                for index in inputs["globalSecondaryIndexes"]
            ],
            DeletionProtectionEnabled=inputs["deletionProtectionEnabled"],
            **throughput(inputs),
        )["TableDescription"]
        if expiry := inputs.get("ttl"):
            client.update_time_to_live(
                TableName=name,
                TimeToLiveSpecification={
                    "Enabled": expiry["enabled"],
                    "AttributeName": expiry["attributeName"],
                },
            )
        client.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": inputs["pointInTimeRecovery"]["enabled"]
            },
        )
        return {"id": name, "arn": table["TableArn"]}

    def _queue(self, inputs: Inputs) -> Made:
        attributes = {
            "DelaySeconds": "delaySeconds",
            "KmsMasterKeyId": "kmsMasterKeyId",
            "MaximumMessageSize": "maxMessageSize",
            "MessageRetentionPeriod": "messageRetentionSeconds",
            "Policy": "policy",
            "ReceiveMessageWaitTimeSeconds": "receiveWaitTimeSeconds",
            "RedriveAllowPolicy": "redriveAllowPolicy",
            "RedrivePolicy": "redrivePolicy",
            "SqsManagedSseEnabled": "sqsManagedSseEnabled",
            "VisibilityTimeout": "visibilityTimeoutSeconds",
        }
        client = self._aws("sqs")
        url = client.create_queue(
            QueueName=inputs["name"],
            Attributes={
                attribute: _text(inputs[key])
                for attribute, key in attributes.items()
                if inputs.get(key) is not None
            },
        )["QueueUrl"]
        there = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return {"id": url, "url": url, "arn": there["Attributes"]["QueueArn"]}

    def _key(self, inputs: Inputs) -> Made:
        client = self._aws("kms")
        key = client.create_key(Description=inputs["description"], Policy=inputs["policy"])[
            "KeyMetadata"
        ]
        if inputs["enableKeyRotation"]:
            client.enable_key_rotation(KeyId=key["KeyId"])
        return {"id": key["KeyId"], "keyId": key["KeyId"], "arn": key["Arn"]}

    def _key_alias(self, inputs: Inputs) -> Made:
        self._aws("kms").create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
        return {"id": inputs["name"]}

    def _secret(self, inputs: Inputs) -> Made:
        made = self._aws("secretsmanager").create_secret(
            Name=inputs["name"], Description=inputs["description"]
        )
        return {"id": made["ARN"], "arn": made["ARN"]}

    def _role(self, inputs: Inputs) -> Made:
        trust = json.loads(inputs["assumeRolePolicy"])
        for statement in trust["Statement"]:
            # Root stands for every service in the emulator, but cannot say for which account
            # it acts; any other condition than this one keeps it out.
            if statement.get("Condition") == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}:
                del statement["Condition"]
        made = self._aws("iam").create_role(
            RoleName=inputs["name"], AssumeRolePolicyDocument=json.dumps(trust)
        )
        return {"id": inputs["name"], "arn": made["Role"]["Arn"]}

    def _role_policy(self, inputs: Inputs) -> Made:
        policy = json.loads(inputs["policy"])
        for statement in policy["Statement"]:
            if "logs:CreateLogStream" in statement["Action"]:
                # AWS wants `:*` behind a group's name here, the emulator wants it without.
                # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
                groups = [group.removesuffix(":*") for group in statement["Resource"]]
                statement["Resource"] += groups
        self._aws("iam").put_role_policy(
            RoleName=inputs["role"],
            PolicyName=inputs["name"],
            PolicyDocument=json.dumps(policy),
        )
        return {"id": f"{inputs['role']}:{inputs['name']}"}

    def _log_group(self, inputs: Inputs) -> Made:
        client, name = self._aws("logs"), inputs["name"]
        client.create_log_group(logGroupName=name)
        client.put_retention_policy(
            logGroupName=name, retentionInDays=int(inputs["retentionInDays"])
        )
        return {"id": name}

    def _function(self, inputs: Inputs) -> Made:
        made = self._aws("lambda").create_function(
            FunctionName=inputs["name"],
            Role=inputs["role"],
            PackageType=inputs["packageType"],
            Code={"ImageUri": inputs["imageUri"]},
            ImageConfig={"Command": inputs["imageConfig"]["commands"]},
            Architectures=inputs["architectures"],
            Timeout=int(inputs["timeout"]),
            MemorySize=int(inputs["memorySize"]),
            Environment={"Variables": inputs["environment"]["variables"]},
            Publish=bool(inputs.get("publish")),
        )
        arn = made["FunctionArn"].removesuffix(f":{made['Version']}")
        qualified = f"{arn}:{made['Version']}"
        return {
            "id": inputs["name"],
            "arn": arn,
            "invokeArn": f"{arn}/invocations",
            "qualifiedArn": qualified,
            "qualifiedInvokeArn": f"{qualified}/invocations",
            "version": made["Version"],
        }

    def _function_alias(self, inputs: Inputs) -> Made:
        made = self._aws("lambda").create_alias(
            FunctionName=inputs["functionName"],
            Name=inputs["name"],
            FunctionVersion=inputs["functionVersion"],
        )
        arn = made["AliasArn"]
        return {"id": arn, "arn": arn, "invokeArn": f"{arn}/invocations"}


def _text(value: Any) -> str:
    """Return an attribute as SQS wants it; numbers come as floats from the program."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) else str(value)
