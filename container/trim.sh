#!/bin/sh
# Takes out of a folder of installed packages what neither the program nor generated code can use in the image.
set -eu
cd "$1"

find . -depth -type d \( -name tests -o -name test \) -exec rm -rf {} +
find . -type f \( -name '*.pyi' -o -name '*.px[di]' -o -name '*.pyx' -o -name '*.[achi]' -o -name '*.cpp' -o -name '*.hpp' -o -name '*.cmake' \) -delete
rm -rf pyarrow/include pyarrow/src numpy/_core/include matplotlib/mpl-data/sample_data jsonschema/benchmarks

# Arrow over networks and S3: rows come to the program as files. Of libarrow_python only the name that is linked stays.
rm -f pyarrow/libarrow_flight.so.* pyarrow/libarrow_python_flight.* pyarrow/_flight.* pyarrow/flight.py pyarrow/libarrow_s3.so.* pyarrow/_s3fs.*
rm -f pyarrow/libarrow_python.so pyarrow/libarrow_python.so.*.*

# Descriptions of the services of AWS that a run may call, and of those that give credentials.
find botocore/data boto3/data -mindepth 1 -maxdepth 1 -type d \
  ! -name bedrock-agentcore ! -name bedrock-runtime ! -name cloudwatch ! -name dynamodb ! -name ecs ! -name events \
  ! -name kms ! -name logs ! -name redshift ! -name redshift-data ! -name redshift-serverless ! -name s3 \
  ! -name secretsmanager ! -name signin ! -name sns ! -name sqs ! -name ssm ! -name sso ! -name sso-oidc ! -name sts \
  -exec rm -rf {} +

# Symbols for debuggers. Libraries that auditwheel has rewritten (*.libs) do not all survive it.
find . -name '*.so*' -type f ! -path '*.libs/*' -exec strip --strip-unneeded {} +
