"""pysfpubsub and aiosfpubsub against local-org: their own login by SOAP, then events out and in.

Arguments: the http and the https URL of local-org, and the port of its Pub/Sub API with TLS. REQUESTS_CA_BUNDLE and
SSL_CERT_FILE name its certificate.
"""

import asyncio
import json
import os
import sys
import threading
import time
from importlib.metadata import version

import certifi


from behind import ORG, control, equal, in_org, run, the_org

# For gRPC both trust the file of this package, whatever the environment says.
certifi.where = lambda: os.environ["SSL_CERT_FILE"]

import aiosfpubsub  # noqa: E402
import pysfpubsub  # noqa: E402

HTTPS, PORT = sys.argv[2], int(sys.argv[3])
USER = the_org()["users"][0]["username"]
TOPIC = "/event/QuoteGenerationComplete__e"


def client(package):
    made = package.Client(HTTPS, USER, "any", "localhost", PORT)
    made.auth()
    equal(made.session_id is not None, True)
    return made


def schema_of(client):
    topic = client.get_topic(TOPIC)
    equal((topic.topic_name, topic.can_publish, topic.can_subscribe), (TOPIC, True, True))
    return topic.schema_id, client.get_schema_json(topic.schema_id)


def event(schema, status):
    """An event with all fields, null where there is nothing to say."""
    fields = {field["name"]: None for field in json.loads(schema)["fields"]}
    user = in_org(f"SELECT Id FROM User WHERE Username = '{USER}'")["records"][0]["Id"]
    return {**fields, "CreatedDate": int(time.time() * 1000), "CreatedById": user, "Status__c": status}


def synchronous():
    """Publishes, and receives what it has published."""
    publisher = client(pysfpubsub)
    schema_id, schema = schema_of(publisher)
    received = []
    enough = threading.Event()

    def subscribe():
        subscriber = client(pysfpubsub)

        def take(response, subscriber):
            for received_event in response.events:
                payload = subscriber.decode(subscriber.get_schema_json(received_event.event.schema_id), received_event.event.payload)
                received.append((received_event.replay_id, payload["Status__c"]))
            subscriber.release_subscription_semaphore()
            if len(received) >= 3:
                enough.set()

        subscriber.subscribe(TOPIC, "EARLIEST", None, 3, take)

    threading.Thread(target=subscribe, daemon=True).start()
    events = [publisher.format_payload(schema, schema_id, event(schema, f"python {number}")) for number in range(3)]
    answer = publisher.publish(TOPIC, events)
    equal([bool(result.error.msg) for result in answer.results], [False, False, False])
    equal(enough.wait(60), True)
    equal(sorted(status for _, status in received), ["python 0", "python 1", "python 2"])
    equal({replay_id for replay_id, _ in received}, {result.replay_id for result in answer.results})
    log = control(f"/orgs/{ORG}/events?topic={TOPIC}")["events"]
    equal(len(log), 3)


def asynchronous():
    """Receives from the beginning, and from the middle."""
    subscriber = client(aiosfpubsub)
    for preset, replay_id, expected in (("EARLIEST", b"", 3), ("CUSTOM", None, 1)):
        received = []

        def take(response, subscriber):
            for taken in response.events:
                payload = subscriber.decode(subscriber.get_schema_json(taken.event.schema_id), taken.event.payload)
                received.append((taken.replay_id, payload["Status__c"]))

        async def until_all(position):
            task = asyncio.create_task(subscriber.subscribe(TOPIC, preset, position, 10, take))
            deadline = time.monotonic() + 60
            while len(received) < expected and not task.done() and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(until_all(replay_id if replay_id is not None else middle))
        equal(len(received), expected)
        middle = received[-2][0] if len(received) > 1 else None
    equal(received[0][1], "python 2")


run(
    f"pysfpubsub {version('pysfpubsub')} and aiosfpubsub {version('aiosfpubsub')}",
    {"pysfpubsub": synchronous, "aiosfpubsub": asynchronous},
)
