"""List prices of AWS in US dollars: us-east-1, on demand, without free tiers and taxes, as of November 2026.

The page that each stands on is named beside it: prices move, and other regions cost up to a third more. What models
cost stands in kaiseki.lm.pricing.
"""

HOURS_OF_MONTH = 730
MILLION = 1_000_000

# aws.amazon.com/fargate/pricing: per vCPU, per GB of memory, per GB of disk beyond 20, an hour. Spot varies with time.
FARGATE_VCPU = {"X86_64": 0.04048, "ARM64": 0.03238}
FARGATE_MEMORY = {"X86_64": 0.004445, "ARM64": 0.00356}
FARGATE_DISK = 0.000111
FARGATE_DISK_INCLUDED = 20
FARGATE_SPOT = 1 / 3  # of the price on demand, about

ENDPOINT = 0.01  # aws.amazon.com/privatelink/pricing: an hour in one zone; and $0.01 per GB
NAT_GATEWAY = 0.045  # aws.amazon.com/vpc/pricing: an hour; and $0.045 per GB
PUBLIC_ADDRESS = 0.005  # the same page: an hour

KEY = 1.0  # aws.amazon.com/kms/pricing: a month; the first two yearly rotations add $1 each
SECRET = 0.40  # aws.amazon.com/secrets-manager/pricing: a month

# aws.amazon.com/cloudwatch/pricing: a month; of an alarm each metric counts, of a metric the hours in which it is fed.
ALARM_METRIC = 0.10
DASHBOARD = 3.0
METRIC = 0.30
LOGS = 0.50  # per GB taken in
LOGS_KEPT = 0.03  # per GB and month
TRACE = 5.0 / MILLION  # aws.amazon.com/xray/pricing

LAMBDA_REQUEST = 0.20 / MILLION  # aws.amazon.com/lambda/pricing
LAMBDA_GB_SECOND = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
HTTP_API_CALL = 1.00 / MILLION  # aws.amazon.com/api-gateway/pricing
QUEUE_REQUEST = 0.40 / MILLION  # aws.amazon.com/sqs/pricing

RECORD_WRITE = 0.625 / MILLION  # aws.amazon.com/dynamodb/pricing/on-demand: per KB and index; twice in a transaction
RECORD_READ = 0.125 / MILLION
OBJECT_WRITE = 5.0 / MILLION  # aws.amazon.com/s3/pricing
OBJECT_READ = 0.4 / MILLION
OBJECTS_KEPT = 0.023  # per GB and month

RPU_HOUR = 0.375  # aws.amazon.com/redshift/pricing: by the second, a minute at least
WAREHOUSE_KEPT = 0.024  # per GB and month
