"""The peers from PyPI that `make bench` compares Weir with.

One JSON request a line on standard input, one JSON answer a line on standard output:

    {"job": "decode", "seconds": 0.2, "payloads": ["7b22…"]}    ->  {"rate": 43000.0}

A rate is how often a second the job was done, counted over a run of at least so many seconds: of this thread's processor
time where the job computes, of time on the wall where it waits for a server. What a job has set up is kept, so that the
rounds of one figure start warm. It ends with its input.
"""
import asyncio
import itertools
import json
import logging
import sys
import time

logging.disable(logging.CRITICAL)


def decode(request):
    from flow_py_sdk.cadence import cadence_object_hook

    payloads = itertools.cycle([bytes.fromhex(payload) for payload in request["payloads"]])

    def body(count):
        for payload in itertools.islice(payloads, count):
            json.loads(payload, object_hook=cadence_object_hook)  # as flow_py_sdk/client/entities.py does

    return computing(body)


def transaction(request):
    from flow_py_sdk import HashAlgo, InMemorySigner, ProposalKey, SignAlgo, Tx, cadence
    from flow_py_sdk.cadence import Address
    from flow_py_sdk.signer import Signer

    class NoSigner(Signer):
        def sign(self, message, tag=None):
            return bytes(64)

    account = Address.from_hex(request["account"])
    script, text, number = request["script"], request["text"], request["number"]
    signer = NoSigner()
    if "scalar" in request:
        signer = InMemorySigner(
            hash_algo=HashAlgo.SHA3_256, sign_algo=SignAlgo.ECDSA_secp256k1, private_key_hex=request["scalar"])

    def body(count):
        for _ in range(count):
            key = ProposalKey(key_address=account, key_id=3, key_sequence_number=17)
            tx = Tx(code=script, reference_block_id=bytes(32), payer=account, proposal_key=key)
            tx.with_gas_limit(9999).add_authorizers(account)
            tx.add_arguments(cadence.String(text), cadence.UInt64(number))
            tx.with_envelope_signature(account, 3, signer)
            bytes(tx.to_signed_grpc())

    return computing(body)


def unary(request):
    import grpc

    async def connect():
        return grpc.aio.insecure_channel(request["target"]).unary_unary(request["method"])

    call = loop.run_until_complete(connect())
    message = bytes.fromhex(request["message"])
    at_once = request["at_once"]

    async def one_after_the_other(count):
        for _ in range(count):
            assert await call(message)

    async def all_of(count):
        await asyncio.gather(*[one_after_the_other(count // at_once) for _ in range(at_once)])

    return rate_by(time.perf_counter, lambda count: loop.run_until_complete(all_of(count)))


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


def computing(body):
    return rate_by(time.thread_time, body)


def rate_by(clock, body):
    count = 32

    def rate(seconds):
        nonlocal count
        while True:
            start = clock()
            body(count)
            taken = clock() - start
            if taken >= seconds:
                return count / taken
            count *= 2

    return rate


def versions():
    from importlib.metadata import version

    return {name: version(name) for name in ("flow-py-sdk", "grpcio")}


jobs = {"decode": decode, "transaction": transaction, "unary": unary}
ready = {}
for line in sys.stdin:
    request = json.loads(line)
    if request["job"] == "versions":
        print(json.dumps(versions()), flush=True)
        continue
    seconds = request.pop("seconds")
    name = json.dumps(request, sort_keys=True)
    if name not in ready:
        ready[name] = jobs[request["job"]](request)
    print(json.dumps({"rate": ready[name](seconds)}), flush=True)
