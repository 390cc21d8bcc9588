"""python docs/examples/ask.py https://ID.execute-api.REGION.amazonaws.com REGION "Which age group buys most often?" """

import sys
import time

import boto3
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

url, region, prompt = sys.argv[1:]


def call(method: str, path: str, body: dict | None = None) -> dict:
    request = requests.Request(method, url + path, json=body).prepare()
    signed = AWSRequest(method, request.url, data=request.body, headers={"Content-Type": "application/json"})
    SigV4Auth(boto3.Session().get_credentials(), "execute-api", region).add_auth(signed)
    answer = requests.request(method, request.url, data=request.body, headers=dict(signed.headers), timeout=30)
    answer.raise_for_status()
    return answer.json()


run = call("POST", "/prompt", {"prompt": prompt})
while not (run := call("GET", run["links"]["self"]))["ended_at"]:
    time.sleep(2)
print(run["status"], run["outcome"], run["answer"], run["links"].get("report", run["message"]), sep="\n")
