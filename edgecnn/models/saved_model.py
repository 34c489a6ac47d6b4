"""Reading TensorFlow SavedModel folders, which may be untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgecnn.errors import ModelError, first_line
from edgecnn.models.classifier import LoadedNetwork
from edgecnn.models.framework import import_tensorflow
from edgecnn.models.layers import Layers
from edgecnn.spec import SAVED_MODEL_NAME

_MAX_GRAPH_BYTES = 2**31
_SIGNATURE = "serving_default"

_OF_A_MODEL = frozenset({
    "AssignVariableOp", "DisableCopyOnRead", "PartitionedCall", "ReadVariableOp", "StatefulPartitionedCall",
    "VarHandleOp", "VarIsInitializedOp",
})  # fmt: skip
"""The operations with side effects that a model needs: variables, and calls of its own functions."""

_OF_ITS_SAVER = frozenset({"MergeV2Checkpoints", "RestoreV2", "SaveV2"})
"""Further operations allowed in the functions for saving and restoring, which loading and inference never call."""

_READS_OUTSIDE = frozenset({
    "DebugIdentity", "DebugNanCount", "DebugNumericSummary", "DecodeProtoV2", "EncodeProto", "GenerateVocabRemapping",
    "InitializeTableFromTextFile", "MatchingFiles", "PyFuncStateless", "ReadFile", "XlaCustomCall", "XlaCustomCallV2",
})  # fmt: skip
"""Operations that TensorFlow treats as pure, but that reach files, the network, Python or native code."""

_OF_PIPELINES = ("Dataset", "Iterator")
"""Parts of the names of tf.data operations, which no model needs: `DatasetFromGraph` runs a graph hidden in a string,
and others read and write files."""

_NO_LAYER = frozenset({"Const", "Identity", "NoOp", "Placeholder", "ReadVariableOp", "StatefulPartitionedCall"})


def is_saved_model(path: Path) -> bool:
    """Whether a path is a SavedModel folder."""
    return (path / SAVED_MODEL_NAME).is_file()


def read_saved_model(path: Path, *, trust_code: bool = False) -> LoadedNetwork:
    """Return the model with the signature `serving_default` of a SavedModel folder.

    Args:
        path: the folder.
        trust_code: whether it may contain operations that reach outside the model.

    Raises:
        ModelError: the folder is damaged, or lacks the signature, or has several inputs or outputs, or operations that
            reach outside the model.
    """
    if not trust_code:
        _refuse_what_reaches_out(path)
    tf = import_tensorflow()
    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as error:  # TensorFlow raises many kinds of errors
        raise ModelError(f"{path} cannot be loaded as a SavedModel: {first_line(error)}") from error
    if _SIGNATURE not in loaded.signatures:
        raise ModelError(f"{path} has no signature {_SIGNATURE}; save it with model.export(...)")
    function = loaded.signatures[_SIGNATURE]
    inputs, outputs = function.structured_input_signature[1], function.structured_outputs
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(
            f"{path} has {len(inputs)} inputs and {len(outputs)} outputs; an image classifier has one of each"
        )
    ((name, tensor),) = inputs.items()
    if tensor.shape.rank is None or tensor.shape[:1].as_list() != [None]:
        raise ModelError(f"{path} takes {tensor.shape}; the batch must be free: export it with shape (None, …)")

    def call(images: Any) -> Any:
        (scores,) = function(**{name: tf.cast(images, tensor.dtype)}).values()
        return tf.cast(scores, tf.float32)

    call.keep = loaded  # type: ignore[attr-defined]  # variables die with the object that tracks them
    return LoadedNetwork(
        name=path.resolve().name,
        call=call,
        model=None,
        input_shape=tuple(tensor.shape.as_list()),
        layers=Layers("", tuple(dict.fromkeys(_layer_names(function.graph.as_graph_def())))),
        parameters=sum(int(variable.shape.num_elements() or 0) for variable in function.graph.variables),
    )


def _refuse_what_reaches_out(path: Path) -> None:
    """Refuse operations that can reach files, the network or Python: to TensorFlow, a graph is a program.

    Source: TensorFlow's SECURITY.md. Operations that TensorFlow regards as having side effects are refused,
    except those that a model needs.
    """
    import_tensorflow()  # quietly, before its submodules
    from tensorflow.core.protobuf import saved_model_pb2

    file = path / SAVED_MODEL_NAME
    if file.stat().st_size > _MAX_GRAPH_BYTES:
        raise ModelError(f"{file} is larger than 2 GiB: refused")
    message = saved_model_pb2.SavedModel()
    try:
        message.ParseFromString(file.read_bytes())
    except Exception as error:
        raise ModelError(f"{path} is truncated or not a SavedModel; export the model again") from error
    found = {op for graph in message.meta_graphs for op in _reaching_out(graph)}
    if found:
        raise ModelError(
            f"{path} has operations that reach outside the model ({', '.join(sorted(found))}); "
            "if you trust its source, add --trust-code"
        )


def _reaching_out(meta_graph: Any) -> Iterator[str]:
    saver = meta_graph.saver_def
    entries = {name.partition(":")[0] for name in (saver.save_tensor_name, saver.restore_op_name)}
    savers = {node.attr["f"].func.name for node in meta_graph.graph_def.node if node.name in entries}
    for node in meta_graph.graph_def.node:
        if node.name not in entries and node.attr["f"].func.name in savers - {""}:
            yield f"{node.op} of the saver"
        yield from _unwanted(node, _OF_A_MODEL)
    for function in meta_graph.graph_def.library.function:
        allowed = _OF_A_MODEL | _OF_ITS_SAVER if function.signature.name in savers else _OF_A_MODEL
        for node in function.node_def:
            if node.attr["f"].func.name in savers - {""}:
                yield f"{node.op} of the saver"
            yield from _unwanted(node, allowed)


def _unwanted(node: Any, allowed: frozenset[str]) -> Iterator[str]:
    from tensorflow.python.framework import op_def_registry

    definition = op_def_registry.get(node.op)
    reaches_out = node.op in _READS_OUTSIDE or any(part in node.op for part in _OF_PIPELINES)
    if definition is None or reaches_out or (definition.is_stateful and node.op not in allowed):
        yield node.op


def _nodes(graph: Any) -> Iterator[Any]:
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def _layer_names(graph: Any) -> Iterator[str]:
    """Yield the scopes that the nodes are in: Keras names its operations `model/layer/operation`."""
    for node in _nodes(graph):
        scopes = node.name.split("/")
        if len(scopes) > 1 and node.op not in _NO_LAYER:
            yield scopes[-2]
