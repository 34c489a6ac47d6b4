"""The least that classifies a folder: a bare loop over Pillow and the interpreter."""

import os
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

interpreter = Interpreter(model_path=sys.argv[1], num_threads=1)
interpreter.allocate_tensors()
taken, given = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
for entry in os.scandir(sys.argv[2]):
    image = Image.open(entry.path).convert("RGB").resize((32, 32), Image.Resampling.BILINEAR)
    interpreter.set_tensor(taken, np.asarray(image, np.uint8)[None])
    interpreter.invoke()
    scores = interpreter.get_tensor(given)[0]
    best = int(scores.argmax())
    print(f"{entry.path}: {LABELS[best]} {scores[best] / 256:.0%}")
