"""The least that classifies one picture: what `edgecnn predict` is compared with."""

import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

interpreter = Interpreter(model_path=sys.argv[1], num_threads=1)
interpreter.allocate_tensors()
image = Image.open(sys.argv[2]).convert("RGB").resize((32, 32), Image.Resampling.BILINEAR)
interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.asarray(image, np.uint8)[None])
interpreter.invoke()
scores = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
best = int(scores.argmax())
print(f"{LABELS[best]} {scores[best] / 256:.0%}")
