# SPDX-License-Identifier: MIT
"""int8 forms of float models, made by ONNX Runtime's own quantizer: QDQ with unsigned activations
and signed weights per channel for convolutional networks (calibrated on seeded noise), dynamic
for BERT."""
import numpy as np
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat, QuantType,
                                      quantize_dynamic, quantize_static)


class Noise(CalibrationDataReader):
    def __init__(self, name, shape, count=4):
        random = np.random.default_rng(1)
        self.batches = iter([{name: random.normal(0, 1, shape).astype(np.float32)}
                             for _ in range(count)])

    def get_next(self):
        return next(self.batches, None)


def static(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    quantize_static(source, target, Noise("pixels", (1, 3, 224, 224)),
                    quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)


def dynamic(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    quantize_dynamic(source, target, weight_type=QuantType.QInt8)
