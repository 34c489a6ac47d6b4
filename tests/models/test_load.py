"""What may be loaded as a Keras classifier, and what is refused with its reason."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgecnn
from edgecnn.contract import Preprocessing
from edgecnn.data.cifar10 import CLASS_NAMES
from edgecnn.errors import ModelError
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.models.card import read_card
from edgecnn.models.load import load_keras_classifier
from edgecnn.models.registry import architecture, find_model_file, shipped_folder
from edgecnn.runtime.classifier import Classifier
from edgecnn.runtime.keras import open_loaded
from edgecnn.spec import Scores
from edgecnn.tasks.single_label import softmax


def save(folder: Path, build: Callable[[Any], Any], suffix: str = ".keras") -> Path:
    import keras

    path = folder / f"made{suffix}"
    build(keras).save(path)
    return path


def classifier(keras: Any, shape: tuple[int, ...] = (8, 8, 3), classes: int = 2, activation: str | None = None) -> Any:
    return keras.Sequential(
        [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(classes, activation=activation)]
    )


def test_the_tutorials_cnn_is_exactly_the_tutorials() -> None:
    model = architecture("tutorial_cnn")(10)
    assert model.count_params() == 586_250
    made = [(type(layer).__name__, layer.get_config()) for layer in model.layers]
    assert [name for name, _ in made] == [
        "Rescaling",
        "Conv2D",
        "MaxPooling2D",
        "Conv2D",
        "MaxPooling2D",
        "Conv2D",
        "Flatten",
        "Dense",
        "Dense",
    ]
    configs = [config for _, config in made]
    assert configs[0]["scale"] == 1 / 255
    assert [configs[index]["filters"] for index in (1, 3, 5)] == [32, 64, 64]
    assert all(tuple(configs[index]["kernel_size"]) == (3, 3) for index in (1, 3, 5))
    assert all(configs[index]["activation"] == "relu" for index in (1, 3, 5, 7))
    assert all(tuple(configs[index]["pool_size"]) == (2, 2) for index in (2, 4))
    assert (configs[7]["units"], configs[8]["units"], configs[8]["activation"]) == (512, 10, "softmax")
    assert model.input_shape == (None, 32, 32, 3)


def test_an_unknown_architecture_gets_the_nearest() -> None:
    with pytest.raises(ModelError, match="did you mean 'tutorial_cnn'"):
        architecture("tutorialcnn")


def test_the_shipped_model_is_what_its_card_says() -> None:
    folder = shipped_folder("tutorial_cnn")
    card = read_card(folder / "card.json")
    found = load_keras_classifier(folder / "model.keras")
    assert (found.sha256, found.labels, found.name) == (card.sha256, CLASS_NAMES, "tutorial_cnn")
    assert found.parameters == card.parameters == 586_250
    assert found.scores is Scores.PROBABILITIES
    assert card.training.startswith("50,000 images of the CIFAR-10 training split")
    assert card.test.images == 10_000


@pytest.mark.parametrize("activation", [None, "softmax"], ids=["logits", "softmax"])
def test_logits_and_probabilities_are_told_apart(tmp_path: Path, activation: str | None) -> None:
    found = load_keras_classifier(save(tmp_path, lambda keras: classifier(keras, activation=activation)))
    assert found.scores is (Scores.PROBABILITIES if activation else Scores.LOGITS)


def test_a_name_that_tensorflow_cannot_trace_is_made_one_that_it_can(tmp_path: Path) -> None:
    import keras

    from edgecnn.runtime.classifier import Classifier
    from edgecnn.runtime.keras import open_loaded

    layers = [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2)]
    keras.Sequential(layers, name="weird name..x").save(tmp_path / "model.keras")
    found = load_keras_classifier(tmp_path / "model.keras")
    assert found.name == "weird_name__x"
    assert Classifier(open_loaded(found)).predict(np.zeros((3, 8, 8, 3), np.uint8)).shape == (3, 2)


def test_labels_are_numbers_where_nobody_named_the_classes(tmp_path: Path) -> None:
    path = save(tmp_path, lambda keras: classifier(keras, classes=3))
    assert load_keras_classifier(path).labels == ("0", "1", "2")
    assert load_keras_classifier(path, Feeding(labels=("a", "b", "c"))).labels == ("a", "b", "c")


def test_a_legacy_h5_file_loads(tmp_path: Path) -> None:
    assert load_keras_classifier(save(tmp_path, classifier, ".h5")).shape == (8, 8, 3)


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "lambda layer": (
        lambda keras: keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Lambda(lambda x: x[:, 0, 0])]),
        "cannot be loaded .*Lambda",
    ),
    "two inputs": (
        lambda keras: keras.Model(
            pair := [keras.Input((8, 8, 3)), keras.Input((8, 8, 3))],
            keras.layers.Dense(2)(keras.layers.Flatten()(keras.layers.Add()(pair))),
        ),
        "2 inputs and 1 outputs",
    ),
    "a dict": (
        lambda keras: keras.Model(
            pixels := keras.Input((8, 8, 3)), {"scores": keras.layers.Dense(2)(keras.layers.Flatten()(pixels))}
        ),
        "returns a dict",
    ),
    "no image": (lambda keras: keras.Sequential([keras.Input((8,)), keras.layers.Dense(2)]), "takes \\(None, 8\\)"),
    "no fixed size": (
        lambda keras: keras.Sequential(
            [keras.Input((None, None, 3)), keras.layers.GlobalMaxPooling2D(), keras.layers.Dense(2)]
        ),
        "fixed size",
    ),
    "four channels": (lambda keras: classifier(keras, (8, 8, 4)), "1 or 3"),
    "one class": (lambda keras: classifier(keras, classes=1), "two classes or more"),
    "no class axis": (
        lambda keras: keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 1)]),
        "returns \\(None, 8, 8, 2\\)",
    ),
}


@pytest.mark.parametrize(("build", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_image_classifier_is_refused_with_the_reason(
    tmp_path: Path, build: Callable[[Any], Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        load_keras_classifier(save(tmp_path, build))
    assert "\n" not in str(caught.value)


def test_no_code_of_a_model_file_runs(tmp_path: Path) -> None:
    """A Lambda layer that would leave a file behind is refused before it can."""
    trace = tmp_path / "ran"
    name = str(trace)

    def build(keras: Any) -> Any:
        return keras.Sequential(
            [keras.Input((8, 8, 3)), keras.layers.Lambda(lambda x: (open(name, "w"), x[:, 0, 0])[1])]
        )

    path = save(tmp_path, build)
    trace.unlink()  # building the model ran it
    with pytest.raises(ModelError):
        load_keras_classifier(path)
    assert not trace.exists()


def broken_files(folder: Path) -> dict[str, tuple[Path, str]]:
    good = shipped_folder("tutorial_cnn") / "model.keras"
    content = good.read_bytes()
    cases = {
        "missing": (None, "no such model file"),
        "empty": (b"", "empty"),
        "truncated": (content[: len(content) // 2], "truncated or not a Keras model"),
        "text": (b"import os\n", "truncated or not a Keras model"),
    }
    found = {}
    for name, (data, words) in cases.items():
        path = folder / f"{name}.keras"
        if data is not None:
            path.write_bytes(data)
        found[name] = (path, words)
    foreign = folder / "foreign.keras"
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("photo.txt", "no model")
    found["foreign zip"] = (foreign, "cannot be loaded")
    renamed = folder / "model.pt"
    renamed.write_bytes(content)
    found["other suffix"] = (renamed, "expected a name ending in .keras")
    return found


@pytest.mark.parametrize("kind", ["missing", "empty", "truncated", "text", "foreign zip", "other suffix"])
def test_a_file_that_is_no_model_is_one_line(tmp_path: Path, kind: str) -> None:
    path, words = broken_files(tmp_path)[kind]
    with pytest.raises(ModelError, match=words) as caught:
        load_keras_classifier(path)
    assert "\n" not in str(caught.value)


def test_a_model_is_found_by_shipped_name_or_by_path(tmp_path: Path) -> None:
    assert find_model_file("tutorial_cnn") == shipped_folder("tutorial_cnn") / "model.keras"
    path = tmp_path / "my.keras"
    path.write_bytes(b"x")
    assert find_model_file(str(path)) == path
    with pytest.raises(ModelError, match="did you mean 'tutorial_cnn'"):
        find_model_file("tutorial-cnn")


def test_loading_keeps_the_weights(tmp_path: Path) -> None:
    import keras

    model = classifier(keras)
    model.save(tmp_path / "my.keras")
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3)).astype(np.float32)
    found = load_keras_classifier(tmp_path / "my.keras")
    np.testing.assert_array_equal(found.call(images), model.predict(images, verbose=0))


def subclassed(keras: Any) -> Any:
    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.flatten, self.dense = keras.layers.Flatten(), keras.layers.Dense(3)

        def call(self, images: Any) -> Any:
            return self.dense(self.flatten(images))

    model = Own()
    model(np.zeros((1, 8, 6, 3), np.float32))
    return model


OWN_CODE = """
import keras

class Own(keras.Model):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.flatten, self.dense = keras.layers.Flatten(), keras.layers.Dense(3)

    def call(self, images):
        return self.dense(self.flatten(images))
"""


def test_a_subclassed_model_needs_the_code_of_its_class(tmp_path: Path) -> None:
    path = save(tmp_path, subclassed)
    with pytest.raises(ModelError, match="custom code, Own; name the Python file .* --code FILE"):
        load_keras_classifier(path)
    code = tmp_path / "own.py"
    code.write_text(OWN_CODE)
    found = load_keras_classifier(path, loading=KerasLoading(code=str(code)))
    assert (found.shape, len(found.labels), found.parameters) == ((8, 6, 3), 3, 8 * 6 * 3 * 3 + 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [("raise RuntimeError('no')", "cannot be run: RuntimeError: no"), (None, "not a Python file")],
    ids=["fails", "missing"],
)
def test_code_that_does_not_run_is_one_line(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "own.py").write_text(text)
    with pytest.raises(ModelError, match=words):
        load_keras_classifier(save(tmp_path, subclassed), loading=KerasLoading(code=str(tmp_path / "own.py")))


def test_a_lambda_layer_runs_for_those_who_trust_it(tmp_path: Path) -> None:
    path = save(
        tmp_path, lambda keras: keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Lambda(lambda x: x[:, 0, 0])])
    )
    with pytest.raises(ModelError, match="add --trust-code"):
        load_keras_classifier(path)
    assert len(load_keras_classifier(path, loading=KerasLoading(trust_code=True)).labels) == 3


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SavedModel folder, as `model.export` makes it."""
    import keras

    keras.utils.set_random_seed(0)
    path = tmp_path_factory.mktemp("saved") / "my_export"
    classifier(keras).export(path, verbose=False)
    return path


def test_a_saved_model_folder_is_a_model(exported: Path) -> None:
    found = load_keras_classifier(exported)
    assert (found.name, found.shape, found.parameters) == ("my_export", (8, 8, 3), 8 * 8 * 3 * 2 + 2)
    assert any(name.startswith("dense") for name in found.layers.names)
    assert edgecnn.load(exported).predict(np.zeros((2, 8, 8, 3), np.uint8)).shape == (2, 2)


def test_a_saved_model_that_reaches_outside_is_refused_unless_trusted(tmp_path: Path) -> None:
    import tensorflow as tf

    trace = tmp_path / "written"

    class Writer(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 3), tf.float32)])  # type: ignore[untyped-decorator]
        def __call__(self, images: Any) -> Any:
            tf.io.write_file(str(trace), "x")
            return images[:, 0, 0]

    writer = Writer()
    tf.saved_model.save(writer, str(tmp_path / "writer"), signatures={"serving_default": writer.__call__})
    with pytest.raises(ModelError, match=r"reach outside the model \(WriteFile\).*--trust-code"):
        load_keras_classifier(tmp_path / "writer")
    assert not trace.exists()
    load_keras_classifier(tmp_path / "writer", loading=KerasLoading(trust_code=True))
    assert trace.exists()


def test_a_saved_model_with_a_graph_hidden_in_a_string_is_refused(tmp_path: Path) -> None:
    """TensorFlow runs it, and counts the operation as free of side effects."""
    import tensorflow as tf

    class Hider(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 3), tf.float32)])  # type: ignore[untyped-decorator]
        def __call__(self, images: Any) -> Any:
            count = tf.raw_ops.DatasetCardinality(input_dataset=tf.raw_ops.DatasetFromGraph(graph_def=b""))
            return images[:, 0, 0] + 0 * tf.cast(count, tf.float32)

    hider = Hider()
    tf.saved_model.save(hider, str(tmp_path / "hider"), signatures={"serving_default": hider.__call__})
    with pytest.raises(ModelError, match=r"reach outside the model \(DatasetCardinality, DatasetFromGraph\)"):
        load_keras_classifier(tmp_path / "hider")


def test_a_saved_model_is_read_from_inside_its_folder(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(exported)
    assert load_keras_classifier(Path()).name == "my_export"


def test_a_model_that_tensorflow_cannot_compile_is_told_in_a_line(tmp_path: Path) -> None:
    path = save(
        tmp_path,
        lambda keras: keras.Sequential([
            keras.Input((8, 8, 3)),
            keras.layers.Lambda(lambda x: x[:, 0, 0] + float(x.numpy()[0, 0, 0, 0]), output_shape=(3,)),
        ]),
    )  # fmt: skip
    classifier = load_keras_classifier(path, loading=KerasLoading(trust_code=True))
    with pytest.raises(ModelError, match="cannot be compiled"):
        Classifier(open_loaded(classifier)).predict(np.zeros((2, 8, 8, 3), np.uint8))


def test_a_saved_model_whose_graph_calls_its_saver_is_refused(exported: Path, tmp_path: Path) -> None:
    """The functions that save weights may write files, so nothing but the saver may call them."""
    from tensorflow.core.protobuf import saved_model_pb2

    copy = tmp_path / "copy"
    shutil.copytree(exported, copy)
    message = saved_model_pb2.SavedModel()
    message.ParseFromString((copy / "saved_model.pb").read_bytes())
    graph = message.meta_graphs[0].graph_def
    saver = next(node for node in graph.node if node.name == message.meta_graphs[0].saver_def.restore_op_name)
    caller = next(one for one in graph.library.function if any(node.op == "MatMul" for node in one.node_def))
    added = caller.node_def.add()
    added.CopyFrom(saver)
    added.name = "hidden"
    (copy / "saved_model.pb").write_bytes(message.SerializeToString())
    with pytest.raises(ModelError, match="of the saver"):
        load_keras_classifier(copy)


@pytest.mark.parametrize("content", [b"", b"\xff\xffnonsense"], ids=["empty", "garbage"])
def test_a_damaged_saved_model_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load_keras_classifier(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_scale_that_a_model_expects_is_stated_and_done_for_it(tmp_path: Path) -> None:
    path = save(tmp_path, classifier)
    stated = Preprocessing(colour="BGR", scale=(1 / 127.5,), offset=(-1.0,))
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8)
    found = load_keras_classifier(path, feeding=Feeding(preprocessing=stated))
    expected = softmax(np.asarray(found.call((images[..., ::-1] / 127.5 - 1).astype(np.float32))))
    scores = edgecnn.load(path, feeding=Feeding(preprocessing=stated)).predict(images)
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    with pytest.raises(ModelError, match="takes 3 channels"):
        load_keras_classifier(path, feeding=Feeding(preprocessing=Preprocessing(colour="L")))
