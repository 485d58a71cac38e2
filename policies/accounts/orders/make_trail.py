#!/usr/bin/env python3
"""Writes the example trail in ./trail. Standard library only; the same bytes on
every run. Run it by hand after a change of the tables below:

    python3 make_trail.py

The first tables are the ground truth: who runs as `orders-app`, what each of
them does, on what, how often. Everything behind them only dresses these facts
as CloudTrail writes them.
"""

import gzip
import hashlib
import io
import json
import shutil
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

ACCOUNT, REGION = "111122223333", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service/orders-app"
BUCKET = "shop-orders-111122223333"

# The working days of the trail: 5 to 30 October 2026.
DAYS = [d for d in (datetime(2026, 10, 5) + timedelta(n) for n in range(26)) if d.weekday() < 5]

# The tasks of the ECS service `orders-web`: (working day they started, task id).
# A task id says nothing about its service, and tasks come and go.
TASKS = [
    (0, "3f2a9c1be8d04b6fa5770c6e91d2b843"),
    (6, "b81e5d7702c94f0d9a3346f1c0aa95e2"),
    (15, "07d6c4fa1b2e4c83b9e0515d88f3a76c"),
]

# What each workload does as `orders-app`: (call, what on, on which days, times
# a day). A day list of n means every n-th working day. An outcome other than
# success stands last.
WORKLOADS = {
    ("lambda", "orders-api"): [
        ("GetItem", "orders", 1, 1),
        ("PutItem", "orders", 2, 1),
        ("Query", "orders", 2, 1),
        ("GetItem", "customers", 2, 1),
        ("SendMessage", "orders-placed", 2, 1),
        ("GetSecretValue", "orders/payment-provider", 5, 1),
        ("GetParameter", "/orders/api/limits", 5, 1),
        ("CreateLogStream", "/aws/lambda/orders-api", 5, 1),
        ("PutEvents", "shop", 7, 1, "denied: no identity-based policy allows it"),
        ("PutItem", "orders", 6, 1, "semantic: ConditionalCheckFailedException"),
    ],
    ("lambda", "orders-worker"): [
        ("ReceiveMessage", "orders-placed", 1, 1),
        ("DeleteMessage", "orders-placed", 2, 1),
        ("SendMessage", "orders-to-ship", 2, 1),
        ("UpdateItem", "orders", 2, 1),
        ("BatchWriteItem", "stock", 3, 1),
        ("GetObject", "uploads/{n}.pdf", 4, 1),
        ("PutObject", "invoices/2026/10/{n}.pdf", 2, 1),
        ("RunTask", "orders-export", 5, 1),
        ("CreateLogStream", "/aws/lambda/orders-worker", 5, 1),
        ("GetCallerIdentity", None, 9, 1),
    ],
    ("lambda", "orders-report"): [
        ("Scan", "orders", 1, 1),
        ("ListObjects", "reports/", 2, 1),
        ("GetObject", "reports/2026/{before}.csv", 2, 1),
        ("PutObject", "reports/2026/{day}.csv", 1, 1),
        ("GetFunctionConfiguration20150331v2", "orders-worker", 5, 1),
        ("CreateLogStream", "/aws/lambda/orders-report", 5, 1),
        ("ListBulkOperations", None, 5, 1),  # has no action in the catalog
        ("GetObject", "reports/2026/10/04.csv", 10, 1, "semantic: NoSuchKey"),
        ("Scan", "orders", 7, 1, "throttled"),
    ],
    ("ecs-task", "orders-web"): [
        ("GetItem", "sessions", 1, 1),
        ("PutItem", "sessions", 2, 1),
        ("Query", "customers", 2, 1),
        ("PutObject", "uploads/{n}.pdf", 2, 1),
        ("GetObject", "invoices/2026/10/{n}.pdf", 3, 1),
        ("GetParameters", "/orders/web/theme", 5, 1),
        ("GetSecretValue", "orders/session-key", 5, 1),
        ("Decrypt", "archive-key", 8, 1, "denied: no resource-based policy allows it"),
    ],
}

# The random tails AWS gives to secrets, and the keys behind them.
SECRETS = {"orders/payment-provider": "Xk2pQ9", "orders/session-key": "b7RfTz"}
KEYS = {
    "secrets": "6c1d2e0a-93b4-4c8e-8f05-2a7b4e9d1c36",
    "archive-key": "e07f5a44-18cd-4a9b-b2d1-7c3f60a58e92",
}

# --- how CloudTrail writes it -------------------------------------------------

_serial = 0


def digest(*parts):
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def uuid(*parts):
    h = digest(*parts)
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:32]}"


def arn(service, resource, region=REGION, account=ACCOUNT):
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def key_arn(name):
    return arn("kms", f"key/{KEYS[name]}")


def record(when, source, name, identity, params, **more):
    """One record. `more` holds what differs from a plain management call."""
    global _serial
    _serial += 1
    made = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": more.pop("region", REGION),
        "sourceIPAddress": more.pop("ip", "52.19.84.7"),
        "userAgent": more.pop("agent", "aws-internal/3"),
    }
    for error in ("errorCode", "errorMessage"):
        if error in more:
            made[error] = more.pop(error)
    made["requestParameters"] = params
    made["responseElements"] = more.pop("response", None)
    if "additional" in more:
        made["additionalEventData"] = more.pop("additional")
    made["requestID"] = uuid("request", _serial)
    made["eventID"] = uuid("event", _serial)
    made["readOnly"] = more.pop("readonly", True)
    if "resources" in more:
        made["resources"] = more.pop("resources")
    data = more.pop("data", False)
    made["eventType"] = more.pop("type", "AwsApiCall")
    made["managementEvent"] = not data
    made["recipientAccountId"] = ACCOUNT
    made["eventCategory"] = more.pop("category", "Data" if data else "Management")
    made.update(more)
    return made


def session(role_arn, role_id, name, created, **more):
    """The identity of a session of a role."""
    role = role_arn.rsplit("/", 1)[1]
    attributes = {"creationDate": created.strftime("%Y-%m-%dT%H:%M:%SZ"), "mfaAuthenticated": more.pop("mfa", "false")}
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{name}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAEXAMPLE" + digest(role, name, created)[:9].upper(),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id,
                "arn": role_arn,
                "accountId": ACCOUNT,
                "userName": role,
            },
            "attributes": attributes,
        },
        **more,
    }


def assume(when, service, role_arn, name):
    """A service takes a role for a session: what ties session and service."""
    return record(
        when,
        "sts.amazonaws.com",
        "AssumeRole",
        {"type": "AWSService", "invokedBy": service},
        {"roleArn": role_arn, "roleSessionName": name},
        ip=service,
        agent=service,
        response={
            "credentials": {
                "accessKeyId": "ASIAEXAMPLE" + digest(role_arn, name, when)[:9].upper(),
                "sessionToken": "EXAMPLE",
                "expiration": (when + timedelta(hours=12)).strftime("%b %-d, %Y, %-I:%M:%S %p"),
            }
        },
        resources=[{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": role_arn}],
        sharedEventID=uuid("shared", when, name),
    )


def table(name):
    return [{"accountId": ACCOUNT, "type": "AWS::DynamoDB::Table", "ARN": arn("dynamodb", f"table/{name}")}]


def queue(name):
    return [{"accountId": ACCOUNT, "type": "AWS::SQS::Queue", "ARN": arn("sqs", name)}]


HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def call(name, on, n):
    """(event source, requestParameters, the rest) of one call on one thing."""
    if name in ("GetItem", "PutItem", "UpdateItem", "Query", "Scan"):
        id_of = {"orders": "orderId", "customers": "customerId", "sessions": "sessionId"}[on]
        params = {"tableName": on}
        if name == "Query":
            params |= {"keyConditionExpression": HIDDEN, "limit": 25}
        elif name != "Scan":
            params["key"] = {id_of: f"{on[0]}-{1000 + n}"}
        more = {"apiVersion": "2012-08-10", "resources": table(on), "data": True}
        return "dynamodb.amazonaws.com", params, more | {"readonly": name in ("GetItem", "Query", "Scan")}
    if name == "BatchWriteItem":
        params = {"requestItems": {on: [{"putRequest": {"item": {"sku": f"s-{n}"}}}]}}
        return "dynamodb.amazonaws.com", params, {
            "apiVersion": "2012-08-10", "resources": table(on), "data": True, "readonly": False}
    if name in ("SendMessage", "ReceiveMessage", "DeleteMessage"):
        params = {"queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{on}"}
        if name == "SendMessage":
            params["messageBody"] = HIDDEN
        elif name == "DeleteMessage":
            params["receiptHandle"] = "AQEB" + digest(on, n)[:24]
        else:
            params |= {"maxNumberOfMessages": 10, "waitTimeSeconds": 20}
        return "sqs.amazonaws.com", params, {"resources": queue(on), "data": True, "readonly": False}
    if name in ("GetObject", "PutObject", "ListObjects"):
        host = f"{BUCKET}.s3.{REGION}.amazonaws.com"
        bucket = {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}"}
        params = {"bucketName": BUCKET, "Host": host}
        if name == "ListObjects":
            params |= {"list-type": "2", "prefix": on, "encoding-type": "url"}
            object_ = {"type": "AWS::S3::Object", "ARNPrefix": f"arn:aws:s3:::{BUCKET}/"}
        else:
            params["key"] = on
            object_ = {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{BUCKET}/{on}"}
        if name == "PutObject":
            params["x-amz-server-side-encryption"] = "AES256"
        additional = {
            "SignatureVersion": "SigV4",
            "CipherSuite": "TLS_AES_128_GCM_SHA256",
            "bytesTransferredIn": 18234 + n if name == "PutObject" else 0,
            "AuthenticationMethod": "AuthHeader",
            "bytesTransferredOut": 0 if name == "PutObject" else 9120 + n,
        }
        return "s3.amazonaws.com", params, {
            "resources": [object_, bucket], "additional": additional, "data": True, "readonly": name != "PutObject"}
    if name == "GetSecretValue":
        # One workload asks by name, the other by the whole ARN.
        secret = arn("secretsmanager", f"secret:{on}-{SECRETS[on]}")
        return "secretsmanager.amazonaws.com", {"secretId": on if "payment" in on else secret}, {}
    if name == "GetParameter":
        return "ssm.amazonaws.com", {"name": on, "withDecryption": True}, {
            "resources": [{"accountId": ACCOUNT, "ARN": arn("ssm", "parameter" + on)}]}
    if name == "GetParameters":
        return "ssm.amazonaws.com", {"names": [on], "withDecryption": False}, {
            "resources": [{"accountId": ACCOUNT, "ARN": arn("ssm", "parameter" + on)}]}
    if name == "CreateLogStream":
        stream = f"2026/10/{1 + n % 30:02}/[$LATEST]{digest(on, n)[:32]}"
        return "logs.amazonaws.com", {"logGroupName": on, "logStreamName": stream}, {
            "apiVersion": "20140328", "readonly": False, "agent": "awslambda-worker/1.0  rusoto/0.48.0 rust/1.82.0 linux"}
    if name == "PutEvents":
        return "events.amazonaws.com", {"entries": [{"source": "orders", "detailType": "placed", "eventBusName": on, "detail": HIDDEN}]}, {
            "readonly": False}
    if name == "RunTask":
        task = arn("ecs", f"task/shop/{digest('export', n)[:32]}")
        return "ecs.amazonaws.com", {
            "cluster": "shop",
            "taskDefinition": on,
            "launchType": "FARGATE",
            "count": 1,
            "overrides": {"taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/service/orders-export"},
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0d1f6a7b2c3e4f501"], "assignPublicIp": "DISABLED"}},
        }, {
            "readonly": False,
            "response": {"failures": [], "tasks": [{
                "taskArn": task,
                "clusterArn": arn("ecs", "cluster/shop"),
                "taskDefinitionArn": arn("ecs", f"task-definition/{on}:4"),
                "lastStatus": "PROVISIONING",
            }]},
        }
    if name == "GetFunctionConfiguration20150331v2":
        return "lambda.amazonaws.com", {"functionName": on}, {"apiVersion": "20150331"}
    if name == "Decrypt":
        return "kms.amazonaws.com", {"keyId": key_arn(on), "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}, {}
    if name == "GetCallerIdentity":
        return "sts.amazonaws.com", None, {}
    if name == "ListBulkOperations":
        return "dynamodb.amazonaws.com", {"maxResults": 10}, {"apiVersion": "2012-08-10"}
    raise KeyError(name)


def fail(how, name, on, identity):
    """errorCode and errorMessage of an outcome other than success."""
    if how.startswith("denied"):
        source, resource = {
            "PutEvents": ("events", arn("events", f"event-bus/{on}")),
            "Decrypt": ("kms", key_arn("archive-key")),
        }[name]
        kind = "identity" if "identity" in how else "resource"
        return {
            "errorCode": "AccessDenied",
            "errorMessage": f"User: {identity['arn']} is not authorized to perform: {source}:{name} on resource: "
            f"{resource} because no {kind}-based policy allows the {source}:{name} action",
        }
    if how == "throttled":
        return {
            "errorCode": "ProvisionedThroughputExceededException",
            "errorMessage": "The level of configured provisioned throughput for the table was exceeded. "
            "Consider increasing your provisioning level with the UpdateTable API.",
        }
    code = how.removeprefix("semantic: ")
    words = {
        "ConditionalCheckFailedException": "The conditional request failed",
        "NoSuchKey": "The specified key does not exist.",
    }
    return {"errorCode": code, "errorMessage": words[code]}


AGENTS = {
    "orders-api": "aws-sdk-js/3.658.1 ua/2.0 os/linux#5.10 lang/js md/nodejs#20.17.0 exec-env/AWS_Lambda_nodejs20.x api/dynamodb#3.658.1",
    "orders-worker": "Boto3/1.35.36 md/Botocore#1.35.36 ua/2.0 os/linux#5.10 md/arch#x86_64 lang/python#3.12.6 exec-env/AWS_Lambda_python3.12 Botocore/1.35.36",
    "orders-report": "Boto3/1.35.36 md/Botocore#1.35.36 ua/2.0 os/linux#5.10 md/arch#x86_64 lang/python#3.12.6 exec-env/AWS_Lambda_python3.12 Botocore/1.35.36",
    "orders-web": "aws-sdk-java/2.28.16 Linux/5.10.226 OpenJDK_64-Bit_Server_VM/21.0.4 Java/21.0.4 exec-env/AWS_ECS_FARGATE",
}


def workload_records():
    for (kind, name), calls in WORKLOADS.items():
        service = {"lambda": "lambda.amazonaws.com", "ecs-task": "ecs-tasks.amazonaws.com"}[kind]
        for day, date in enumerate(DAYS):
            started = date + timedelta(hours=5, minutes=len(name), seconds=int(digest(name, day)[:2], 16) % 60)
            who = name
            if kind == "ecs-task":
                first, who = [task for task in TASKS if task[0] <= day][-1]
                if day == first:
                    yield assume(started, service, ROLE, who)
                started = DAYS[first] + (started - date)
            elif day % 4 == 0:
                yield assume(started, service, ROLE, who)
            identity = session(ROLE, "AROAEXAMPLEORDERSAPP", who, started)
            for index, (event, on, every, times, *how) in enumerate(calls):
                for again in range(times if (day + index) % every == 0 else 0):
                    n = day * 20 + index + again
                    when = date + timedelta(hours=6 + index, seconds=int(digest(name, day, index, again)[:4], 16) % 3600)
                    before = DAYS[max(day - 1, 0)]
                    what = on and on.format(n=4000 + n, day=date.strftime("%m/%d"), before=before.strftime("%m/%d"))
                    source, params, more = call(event, what, n)
                    more.setdefault("agent", AGENTS[name])
                    if kind == "ecs-task" and source in ("dynamodb.amazonaws.com", "s3.amazonaws.com"):
                        more |= {"ip": "10.20.1.37", "vpcEndpointId": "vpce-0a4c7d15e2f8b3690", "vpcEndpointAccountId": ACCOUNT}
                    else:
                        more["ip"] = "34.245.10.9" if kind == "lambda" else "52.19.84.7"
                    more["tlsDetails"] = {
                        "tlsVersion": "TLSv1.3",
                        "cipherSuite": "TLS_AES_128_GCM_SHA256",
                        "clientProvidedHostHeader": f"{source.split('.')[0]}.{REGION}.amazonaws.com",
                    }
                    if how:
                        more |= fail(how[0], event, on, identity)
                        more.pop("response", None)
                    yield record(when, source, event, identity, params, **more)
                    if event == "GetSecretValue":
                        # Secrets Manager decrypts on the caller's behalf: the
                        # caller's identity, the service as its messenger.
                        secret = arn("secretsmanager", f"secret:{on}-{SECRETS[on]}")
                        yield record(
                            when,
                            "kms.amazonaws.com",
                            "Decrypt",
                            identity | {"invokedBy": "secretsmanager.amazonaws.com"},
                            {
                                "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
                                "encryptionContext": {"SecretARN": secret, "SecretVersionId": uuid("version", on)},
                            },
                            ip="secretsmanager.amazonaws.com",
                            agent="secretsmanager.amazonaws.com",
                            resources=[{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key_arn("secrets")}],
                        )


def other_records():
    """What else an account's trail holds, and must not become anyone's grant."""
    day = DAYS[8]
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
    dana = {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLEDANA00001",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/ops/dana",
        "accountId": ACCOUNT,
        "userName": "dana",
    }
    at = lambda hour, minute, d=day: d + timedelta(hours=hour, minutes=minute)
    person = {"ip": "203.0.113.24", "agent": browser}

    # A person signs in, switches to the role, and looks around (day 8).
    yield record(at(9, 2), "signin.amazonaws.com", "ConsoleLogin", dana, None, region="us-east-1", readonly=False,
                 type="AwsConsoleSignIn", response={"ConsoleLogin": "Success"},
                 additional={"LoginTo": "https://console.aws.amazon.com/console/home", "MobileVersion": "No", "MFAUsed": "Yes"}, **person)
    yield record(at(9, 3), "iam.amazonaws.com", "ListRoles", dana | {
        "accessKeyId": "ASIAEXAMPLEDANA00001",
        "sessionContext": {"attributes": {"creationDate": "2026-10-15T09:02:00Z", "mfaAuthenticated": "true"}},
    }, None, region="us-east-1", sessionCredentialFromConsole="true", **person)
    yield record(at(9, 4), "signin.amazonaws.com", "SwitchRole", session(ROLE, "AROAEXAMPLEORDERSAPP", "dana", at(9, 4), mfa="true"),
                 None, readonly=False, type="AwsConsoleSignIn", response={"SwitchRole": "Success"},
                 additional={"SwitchFrom": dana["arn"], "RedirectTo": f"https://{REGION}.console.aws.amazon.com/dynamodbv2/home"}, **person)
    console = session(ROLE, "AROAEXAMPLEORDERSAPP", "dana", at(9, 4), mfa="true")
    host = {"Host": f"s3.{REGION}.amazonaws.com"}
    looked = [
        ("dynamodb.amazonaws.com", "ListTables", {"limit": 100}, {"apiVersion": "2012-08-10"}),
        ("dynamodb.amazonaws.com", "DescribeTable", {"tableName": "orders"}, {"apiVersion": "2012-08-10", "resources": table("orders")}),
        ("dynamodb.amazonaws.com", "DescribeContinuousBackups", {"tableName": "orders"}, {"apiVersion": "2012-08-10", "resources": table("orders")}),
        ("sqs.amazonaws.com", "ListQueues", None, {}),
        ("sqs.amazonaws.com", "GetQueueAttributes",
         {"queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders-to-ship", "attributeNames": ["All"]}, {"resources": queue("orders-to-ship")}),
        ("s3.amazonaws.com", "ListBuckets", host, {}),
        ("s3.amazonaws.com", "GetBucketPolicy", {"bucketName": BUCKET, "policy": "", **host}, {
            "errorCode": "NoSuchBucketPolicy", "errorMessage": "The bucket policy does not exist",
            "resources": [{"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}"}]}),
        ("lambda.amazonaws.com", "ListFunctions20150331", None, {
            "apiVersion": "20150331", "errorCode": "AccessDeniedException",
            "errorMessage": f"User: {console['arn']} is not authorized to perform: lambda:ListFunctions on resource: * "
            "because no identity-based policy allows the lambda:ListFunctions action"}),
        ("lambda.amazonaws.com", "ListRuntimes", None, {"apiVersion": "20150331"}),  # has no action in the catalog
    ]
    for minute, (source, name, params, more) in enumerate(looked):
        yield record(at(9, 5 + minute), source, name, console, params, sessionCredentialFromConsole="true", **person, **more)

    # The root user, once: nothing about it can be made smaller.
    yield record(at(7, 30, DAYS[1]), "iam.amazonaws.com", "GetAccountSummary",
                 {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT,
                  "accessKeyId": "ASIAEXAMPLEROOT00001",
                  "sessionContext": {"attributes": {"creationDate": "2026-10-06T07:29:11Z", "mfaAuthenticated": "true"}}},
                 None, region="us-east-1", sessionCredentialFromConsole="true", **person)

    # A deployment every fifth day: OIDC session, versioned event names, a role passed.
    deploy = f"arn:aws:iam::{ACCOUNT}:role/ci/github-deploy"
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    for d in DAYS[0::5]:
        yield record(at(10, 14, d), "sts.amazonaws.com", "AssumeRoleWithWebIdentity",
                     {"type": "WebIdentityUser", "principalId": f"{provider}:sts.amazonaws.com:repo:example-shop/orders:ref:refs/heads/main",
                      "userName": "repo:example-shop/orders:ref:refs/heads/main", "identityProvider": provider},
                     {"roleArn": deploy, "roleSessionName": "GitHubActions", "durationSeconds": 3600},
                     ip="4.175.114.51", agent="aws-sdk-js/3.658.1 ua/2.0 os/linux#6.5 lang/js md/nodejs#20.17.0",
                     response={"credentials": {"accessKeyId": "ASIAEXAMPLE" + digest("gh", d)[:9].upper(), "sessionToken": "EXAMPLE",
                                               "expiration": (d + timedelta(hours=11, minutes=14)).strftime("%b %-d, %Y, %-I:%M:%S %p")},
                               "assumedRoleUser": {"assumedRoleId": "AROAEXAMPLEGHDEPLOY1:GitHubActions",
                                                   "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/github-deploy/GitHubActions"},
                               "subjectFromWebIdentityToken": "repo:example-shop/orders:ref:refs/heads/main",
                               "provider": provider, "audience": "sts.amazonaws.com"},
                     resources=[{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": deploy}])
        runner = session(deploy, "AROAEXAMPLEGHDEPLOY1", "GitHubActions", at(10, 14, d))
        runner["sessionContext"]["webIdFederationData"] = {"federatedProvider": provider, "attributes": {}}
        steps = [
            ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2",
             {"functionName": "orders-api", "s3Bucket": "shop-artifacts-111122223333", "s3Key": f"api-{d:%m%d}.zip", "publish": True, "dryRun": False},
             {"apiVersion": "20150331", "readonly": False,
              "response": {"functionName": "orders-api", "functionArn": arn("lambda", "function:orders-api"), "role": ROLE}}),
            ("ecs.amazonaws.com", "RegisterTaskDefinition",
             {"family": "orders-web", "taskRoleArn": ROLE, "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/ecs-task-execution",
              "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "512", "memory": "1024",
              "containerDefinitions": [{"name": "web", "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/orders-web:{d:%m%d}", "essential": True}]},
             {"readonly": False, "response": {"taskDefinition": {"family": "orders-web",
              "taskDefinitionArn": arn("ecs", f"task-definition/orders-web:{40 + d.day}"), "taskRoleArn": ROLE, "status": "ACTIVE"}}}),
            ("ecs.amazonaws.com", "UpdateService",
             {"cluster": "shop", "service": "orders-web", "taskDefinition": "orders-web", "forceNewDeployment": True},
             {"readonly": False, "response": {"service": {"serviceName": "orders-web", "serviceArn": arn("ecs", "service/shop/orders-web"),
              "clusterArn": arn("ecs", "cluster/shop"), "status": "ACTIVE"}}}),
        ]
        for minute, (source, name, params, more) in enumerate(steps):
            yield record(at(10, 15 + minute, d), source, name, runner, params, ip="4.175.114.51",
                         agent="aws-sdk-js/3.658.1 ua/2.0 os/linux#6.5 lang/js md/nodejs#20.17.0", **more)

    # A well-made role for comparison: one function, its own prefix.
    mailer = f"arn:aws:iam::{ACCOUNT}:role/service/invoice-mailer"
    for n, d in enumerate(DAYS[0::4]):
        yield assume(at(5, 20, d), "lambda.amazonaws.com", mailer, "invoice-mailer")
        mail = session(mailer, "AROAEXAMPLEINVMAILER", "invoice-mailer", at(5, 20, d))
        source, params, more = call("GetObject", f"invoices/2026/10/{4006 + 80 * n}.pdf", n)
        yield record(at(16, 5, d), source, "GetObject", mail, params, agent=AGENTS["orders-worker"], **more)
    exporter = f"arn:aws:iam::{ACCOUNT}:role/service/orders-export"
    for day in range(3, len(DAYS), 5):  # the days on which orders-worker runs the task
        d, id_ = DAYS[day], digest("export", day * 20 + 7)[:32]
        yield assume(at(15, 1, d), "ecs-tasks.amazonaws.com", exporter, id_)
        task = session(exporter, "AROAEXAMPLEORDERSEXP", id_, at(15, 1, d))
        for minute, (name, on) in enumerate([("Query", "orders"), ("PutObject", f"exports/{d:%Y-%m-%d}.json")]):
            source, params, more = call(name, on, d.day)
            yield record(at(15, 2 + minute, d), source, name, task, params, agent=AGENTS["orders-web"], **more)

    # Services on their own behalf, and an event without a caller.
    for n, d in enumerate(DAYS[0::3]):
        yield record(at(2, 11 + n, d), "kms.amazonaws.com", "GenerateDataKey", {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"},
                     {"keyId": key_arn("archive-key"), "keySpec": "AES_256",
                      "encryptionContext": {"aws:cloudtrail:arn": arn("cloudtrail", "trail/shop")}},
                     ip="cloudtrail.amazonaws.com", agent="cloudtrail.amazonaws.com",
                     resources=[{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key_arn("archive-key")}])
    yield record(at(0, 41, DAYS[5]), "kms.amazonaws.com", "RotateKey", {"accountId": ACCOUNT, "invokedBy": "AWS Internal"}, None,
                 ip="AWS Internal", agent="AWS Internal", readonly=False, type="AwsServiceEvent",
                 resources=[{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key_arn("secrets")}],
                 serviceEventDetails={"keyId": KEYS["secrets"], "rotationType": "AUTOMATIC"})
    # A caller of another account, seen from the owner's side.
    yield record(at(11, 48, DAYS[12]), "s3.amazonaws.com", "GetBucketLocation",
                 {"type": "AWSAccount", "principalId": "AIDAEXAMPLEFOREIGN01", "accountId": "444455556666"},
                 {"bucketName": BUCKET, "location": "", "Host": f"{BUCKET}.s3.{REGION}.amazonaws.com"},
                 errorCode="AccessDenied", errorMessage="Access Denied", sharedEventID=uuid("foreign", 12),
                 resources=[{"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}"}])
    # A VPC endpoint refused a call before any policy of an identity was asked.
    source, params, _ = call("GetObject", "invoices/2026/10/4040.pdf", 3)
    yield record(at(15, 20, DAYS[12]), source, "GetObject", session(ROLE, "AROAEXAMPLEORDERSAPP", TASKS[1][1], at(5, 10, DAYS[6])), params,
                 data=True, category="NetworkActivity", type="AwsVpceEvents", ip="10.20.1.37", agent=AGENTS["orders-web"],
                 errorCode="VpceAccessDenied", errorMessage="The request was denied due to a VPC endpoint policy",
                 vpcEndpointId="vpce-0a4c7d15e2f8b3690", vpcEndpointAccountId=ACCOUNT)


def main():
    root = Path(__file__).parent / "trail"
    shutil.rmtree(root, ignore_errors=True)
    files = defaultdict(list)
    for made in [*workload_records(), *other_records()]:
        when = datetime.strptime(made["eventTime"], "%Y-%m-%dT%H:%M:%SZ")
        files[(made["awsRegion"], when.replace(hour=22 if when.hour >= 12 else 12, minute=0, second=0), "shop")].append(made)
    # A second trail of the organisation delivers into the same bucket: on two
    # days the same records arrive again, in files of its own.
    for region, until, _ in list(files):
        if until in (DAYS[4].replace(hour=12), DAYS[13].replace(hour=22)):
            files[(region, until, "organisation")] = files[(region, until, "shop")]
    for (region, until, trail), records in files.items():
        records.sort(key=lambda made: (made["eventTime"], made["eventID"]))
        name = f"{ACCOUNT}_CloudTrail_{region}_{until + timedelta(minutes=15 if trail == 'shop' else 20):%Y%m%dT%H%MZ}"
        name += f"_{digest(trail, region, until)[:16]}.json.gz"
        folder = root / "AWSLogs" / ACCOUNT / "CloudTrail" / region / f"{until:%Y/%m/%d}"
        folder.mkdir(parents=True, exist_ok=True)
        body = json.dumps({"Records": records}, separators=(",", ":")).encode()
        packed = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as out:
            out.write(body)
        (folder / name).write_bytes(packed.getvalue())
    print(sum(map(len, files.values())), "records in", len(files), "files")


if __name__ == "__main__":
    main()
