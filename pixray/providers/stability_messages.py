"""The messages of Stability's gRPC service, built when they are needed.

Names and numbers are the interface; the classes come from a descriptor assembled here, in a pool of its own, so that an
installed stability-sdk cannot clash with it. Only what is used is described: proto3 skips fields it does not know.

Late imports: protobuf is an optional package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pixray.errors import MissingPackage

METHOD = "/gooseai.GenerationService/Generate"
ENGINES_METHOD = "/gooseai.EnginesService/ListEngines"

SAMPLERS = (
    "ddim", "ddpm", "k_euler", "k_euler_ancestral", "k_heun", "k_dpm_2", "k_dpm_2_ancestral", "k_lms",
    "k_dpmpp_2s_ancestral", "k_dpmpp_2m", "k_dpmpp_sde",
)  # fmt: skip
"""DiffusionSampler, in the order of its numbers from 0."""
GUIDANCE = ("none", "simple", "fast_blue", "fast_green", "slow", "slower", "slowest")
"""GuidancePreset, likewise."""
ADAPTERS = ("none", "sketch", "depth", "canny")
"""T2IAdapter, likewise."""
ARTIFACT_IMAGE, ARTIFACT_TEXT, ARTIFACT_CLASSIFICATIONS, ARTIFACT_MASK = 1, 3, 6, 7
FINISH_ERROR, FINISH_FILTER = 3, 4
ACTION_OBFUSCATE = 4

# Enums are described as int32, which is the same on the wire and keeps numbers that a later service may add.
# message: "name=number:type", "?" optional, "*" repeated, ">x" a member of the oneof x.
_MESSAGES: dict[str, tuple[str, ...]] = {
    "Token": ("text=1:string?", "id=2:uint32"),
    "Tokens": ("tokens=1:Token*", "tokenizer_id=2:string?"),
    "ClassifierConcept": ("concept=1:string", "threshold=2:float?"),
    "ClassifierCategory": (
        "name=1:string", "concepts=2:ClassifierConcept*", "adjustment=3:float?", "action=4:int32?",
        "classifier_mode=5:int32?",
    ),
    "ClassifierParameters": (
        "categories=1:ClassifierCategory*", "exceeds=2:ClassifierCategory*", "realized_action=3:int32?",
    ),
    "Artifact": (
        "id=1:uint64", "type=2:int32", "mime=3:string", "magic=4:string?", "binary=5:bytes>data", "text=6:string>data",
        "tokens=7:Tokens>data", "classifier=11:ClassifierParameters>data", "index=8:uint32", "finish_reason=9:int32",
        "seed=10:uint32", "uuid=12:string", "size=13:uint64",
    ),
    "PromptParameters": ("init=1:bool?", "weight=2:float?"),
    "Prompt": (
        "parameters=1:PromptParameters?", "text=2:string>prompt", "tokens=3:Tokens>prompt",
        "artifact=4:Artifact>prompt",
    ),
    "SamplerParameters": (
        "eta=1:float?", "sampling_steps=2:uint64?", "latent_channels=3:uint64?", "downsampling_factor=4:uint64?",
        "cfg_scale=5:float?", "init_noise_scale=6:float?", "step_noise_scale=7:float?",
    ),
    "ScheduleParameters": ("start=1:float?", "end=2:float?", "value=3:float?"),
    "GuidanceScheduleParameters": ("duration=1:float", "value=2:float"),
    "GuidanceInstanceParameters": (
        "guidance_strength=3:float?", "schedule=4:GuidanceScheduleParameters*", "prompt=6:Prompt?",
    ),
    "GuidanceParameters": ("guidance_preset=1:int32", "instances=2:GuidanceInstanceParameters*"),
    "StepParameter": (
        "scaled_step=1:float", "sampler=2:SamplerParameters?", "schedule=3:ScheduleParameters?",
        "guidance=4:GuidanceParameters?",
    ),
    "TransformType": ("diffusion=1:int32>type", "upscaler=2:int32>type"),
    "T2IAdapterParameter": ("adapter_type=1:int32", "adapter_strength=2:float", "adapter_init_type=3:int32"),
    "ImageParameters": (
        "height=1:uint64?", "width=2:uint64?", "seed=3:uint32*", "samples=4:uint64?", "steps=5:uint64?",
        "transform=6:TransformType?", "parameters=7:StepParameter*", "masked_area_init=8:int32?",
        "weight_method=9:int32?", "quantize=10:bool?", "adapter=12:T2IAdapterParameter?",
    ),
    "Request": (
        "engine_id=1:string", "request_id=2:string", "requested_type=3:int32", "prompt=4:Prompt*",
        "image=5:ImageParameters>params", "classifier=7:ClassifierParameters>params", "extras=2047:Struct?",
    ),
    "AnswerMeta": ("gpu_id=1:string?", "cpu_id=2:string?", "node_id=3:string?", "engine_id=4:string?"),
    "Answer": (
        "answer_id=1:string", "request_id=2:string", "received=3:uint64", "created=4:uint64", "meta=6:AnswerMeta?",
        "artifacts=7:Artifact*",
    ),
    "EngineInfo": (
        "id=1:string", "owner=2:string", "ready=3:bool", "type=4:int32", "tokenizer=5:int32", "name=6:string",
        "description=7:string",
    ),
    "Engines": ("engine=1:EngineInfo*",),
    "ListEnginesRequest": (),
}  # fmt: skip


@dataclass(frozen=True)
class Messages:
    """The message classes that a request and its answers are made of."""

    Request: Any
    Answer: Any
    Prompt: Any
    Engines: Any
    ListEnginesRequest: Any


def load_messages() -> Messages:
    """Build the classes.

    Raises:
        MissingPackage: protobuf is not installed.
    """
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2
    except ImportError as error:
        raise MissingPackage("the service 'stability'", "protobuf", "stability") from error

    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(name="pixray/stability.proto", package="gooseai", syntax="proto3")
    file.dependency.append("google/protobuf/struct.proto")
    for name, lines in _MESSAGES.items():
        _describe(file.message_type.add(name=name), lines, descriptor_pb2.FieldDescriptorProto)
    pool.AddSerializedFile(file.SerializeToString())

    def made(name: str) -> Any:
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"gooseai.{name}"))

    return Messages(*(made(name) for name in ("Request", "Answer", "Prompt", "Engines", "ListEnginesRequest")))


def _describe(message: Any, lines: tuple[str, ...], kinds: Any) -> None:
    """Fill in the fields of one message. Real oneofs come first, then one made-up oneof per optional field."""
    fields = []
    for line in lines:
        name, _, rest = line.partition("=")
        digits, _, kind = rest.partition(":")
        kind, _, oneof = kind.partition(">")
        fields.append((name, int(digits), kind.rstrip("?*"), kind[-1:] if kind[-1:] in "?*" else "", oneof))
    oneofs = list(dict.fromkeys(oneof for *_, oneof in fields if oneof))
    oneofs += [f"_{name}" for name, _, _, mark, _ in fields if mark == "?"]
    for oneof in oneofs:
        message.oneof_decl.add(name=oneof)
    for name, number, kind, mark, oneof in fields:
        field = message.field.add(name=name, number=number)
        field.label = kinds.LABEL_REPEATED if mark == "*" else kinds.LABEL_OPTIONAL
        if kind[0].isupper():
            field.type = kinds.TYPE_MESSAGE
            field.type_name = ".google.protobuf.Struct" if kind == "Struct" else f".gooseai.{kind}"
        else:
            field.type = getattr(kinds, f"TYPE_{kind.upper()}")
        if mark == "?":
            field.proto3_optional = True
            field.oneof_index = oneofs.index(f"_{name}")
        elif oneof:
            field.oneof_index = oneofs.index(oneof)
