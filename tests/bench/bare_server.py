"""The least that answers: python bare_server.py MODEL PORT"""

import sys

import joblib
import numpy as np
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MODEL = joblib.load(sys.argv[1])


async def infer(request: Request) -> Response:
    tensor = orjson.loads(await request.body())["inputs"][0]
    matrix = np.array(tensor["data"], dtype=np.float64).reshape(tensor["shape"])
    shares = MODEL.predict_proba(matrix)
    output = {"name": "probabilities", "shape": list(shares.shape), "datatype": "FP64"}
    return Response(orjson.dumps({"outputs": [{**output, "data": shares.ravel().tolist()}]}))


async def ready(request: Request) -> Response:
    return Response(b"{}")


routes = [Route("/infer", infer, methods=["POST"]), Route("/ready", ready)]
uvicorn.run(Starlette(routes=routes), port=int(sys.argv[2]), log_level="warning")
