"""Submits standard input as a till would, with Paho: connect, subscribe, publish, print the result.

Arguments: host port user password. The result document goes to standard output.
"""
import sys
import threading

import paho.mqtt.client as mqtt

host, port, user, password = sys.argv[1:5]
payload = sys.stdin.buffer.read()
answered = threading.Event()


def on_connect(client, _userdata, _flags, return_code):
    if return_code != 0:
        sys.exit(f"refused with {return_code}")
    client.subscribe(f"transactions/{user}/result", qos=1)


def on_subscribe(client, _userdata, _mid, granted):
    if granted[0] > 1:
        sys.exit("the subscription was refused")
    client.publish(f"transactions/{user}/submit", payload, qos=1)


def on_message(_client, _userdata, message):
    # A resubmission after a lost connection is answered again; one answer is enough.
    if not answered.is_set():
        print(message.payload.decode(), flush=True)
        answered.set()


make = getattr(mqtt, "CallbackAPIVersion", None)
client = mqtt.Client(make.VERSION1) if make else mqtt.Client()
client.username_pw_set(user, password)
client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
client.connect(host, int(port))
client.loop_start()
if not answered.wait(20):
    sys.exit("no answer")
client.disconnect()
client.loop_stop()
