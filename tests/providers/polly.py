"""Amazon Polly as a local server: signatures are recomputed by botocore's own signer, and every request and answer is
held to its model of the service."""

import json
import xml.etree.ElementTree as ElementTree
from typing import Any

from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from assist.audio.formats import LINE
from assist.audio.resample import resample
from tests.providers import Fault, Speak
from tests.providers.http import HttpService, garbage

KEY, SECRET = "AKIDNOTAREALKEY", "not-a-real-secret"
REGION = "eu-west-1"
LONGEST = 3000

VOICES = [
    {"Id": "Lucia", "LanguageCode": "es-ES", "SupportedEngines": ["neural", "generative", "standard"]},
    {"Id": "Mia", "LanguageCode": "es-MX", "SupportedEngines": ["neural", "generative", "standard"]},
    {"Id": "Conchita", "LanguageCode": "es-ES", "SupportedEngines": ["standard"]},
    {"Id": "Joanna", "LanguageCode": "en-US", "SupportedEngines": ["neural", "generative", "standard"]},
]

MODEL = ServiceModel(Loader().load_service_model("polly", "service-2"), "polly")


class Refused(Exception):
    """By its code in the model of the service."""

    def __init__(self, code: str, status: int | None = None, **headers: str) -> None:
        super().__init__(code)
        self.code = code
        self.status = status or MODEL.shape_for(code).metadata["error"]["httpStatusCode"]
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


FAULTS = {
    Fault.UNAUTHORIZED: Refused("UnrecognizedClientException", 403),
    Fault.FORBIDDEN: Refused("AccessDeniedException", 403),
    Fault.BUSY: Refused("ThrottlingException", x_amz_retry_after="7000"),
    Fault.BROKEN: Refused("ServiceFailureException"),
}


class PollyService:
    """Answers as the service does, and keeps what it was asked to say."""

    def __init__(self, speak: Speak) -> None:
        self.diary: list[dict[str, str]] = []
        self._speak = speak

    async def answer(self, service: HttpService, request: web.BaseRequest) -> web.StreamResponse:
        if service.fault is Fault.GARBAGE:
            return garbage()
        try:
            if service.fault in FAULTS:
                raise FAULTS[service.fault]
            body = await request.read()
            _authenticate(request, body)
            match request.method, request.path:
                case "GET", "/v1/voices":
                    return _voices(dict(request.query))
                case "POST", "/v1/speech":
                    asked = json.loads(body)
                    self.diary.append(asked)
                    return await service.stream(request, await self._sound(asked), "audio/pcm")
            raise Refused("UnknownOperationException", 404)
        except Refused as refused:
            message = {"message": f"No: {KEY}, clínica"}
            headers = {"x-amzn-ErrorType": refused.code, **refused.headers}
            return web.json_response(message, status=refused.status, headers=headers)

    async def _sound(self, asked: dict[str, str]) -> bytes:
        _check("SynthesizeSpeech", asked)
        voice = next(voice for voice in VOICES if voice["Id"] == asked["VoiceId"])
        if asked.get("Engine", "standard") not in voice["SupportedEngines"]:
            raise Refused("EngineNotSupportedException")
        assert asked["OutputFormat"] == "pcm", "this server speaks nothing else"
        if asked.get("SampleRate") not in ("8000", "16000"):
            raise Refused("InvalidSampleRateException")
        text, rate, pause = _told(asked)
        if len(text) > LONGEST:
            raise Refused("TextLengthExceededException")
        # Slower speech is the same sound with more samples.
        sound = resample(await self._speak(text), LINE.rate, round(int(asked["SampleRate"]) / rate))
        return bytes(int(pause * int(asked["SampleRate"])) * 2) + sound


def _told(asked: dict[str, str]) -> tuple[str, float, float]:
    """Return the words, their rate, and seconds of pauses."""
    if asked.get("TextType", "text") == "text":
        return asked["Text"], 1.0, 0.0
    try:
        speak = ElementTree.fromstring(asked["Text"])
    except ElementTree.ParseError:
        raise Refused("InvalidSsmlException") from None
    rate, pause = 1.0, 0.0
    for element in speak.iter():
        match element.tag, element.attrib:
            case "prosody", {"rate": percent}:
                rate = int(percent.removesuffix("%")) / 100
            case "break", {"time": seconds}:
                pause += int(seconds.removesuffix("s"))
            case "speak", _:
                pass
            case _:
                raise Refused("InvalidSsmlException")
    if speak.tag != "speak" or not 0.2 <= rate <= 2:
        raise Refused("InvalidSsmlException")
    return "".join(speak.itertext()), rate, pause


def _voices(asked: dict[str, str]) -> web.Response:
    """Answer in pages of two."""
    _check("DescribeVoices", asked)
    known = [voice for voice in VOICES if asked.get("Engine", "standard") in voice["SupportedEngines"]]
    start = int(asked.get("NextToken", 0))
    page: dict[str, Any] = {"Voices": known[start : start + 2]}
    if start + 2 < len(known):
        page["NextToken"] = str(start + 2)
    _valid(page, MODEL.operation_model("DescribeVoices").output_shape)
    return web.json_response(page)


def _check(operation: str, asked: dict[str, str]) -> None:
    _valid(asked, MODEL.operation_model(operation).input_shape)


def _valid(values: dict[str, Any], shape: Any) -> None:
    report = ParamValidator().validate(values, shape)
    assert not report.has_errors(), report.generate_report()
    assert values.keys() <= shape.members.keys()
    for name, value in values.items():
        choice = getattr(shape.members[name], "enum", None)
        assert not choice or value in choice, f"{name} is none of {choice}"


def _authenticate(request: web.BaseRequest, body: bytes) -> None:
    """Raises `Refused` unless *request* is signed with the key that this server takes."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme != "AWS4-HMAC-SHA256":
        raise Refused("MissingAuthenticationTokenException", 403)
    given = dict(part.split("=", 1) for part in rest.split(", "))
    if given["Credential"].split("/")[0] != KEY:
        raise Refused("UnrecognizedClientException", 403)
    signed = {name: request.headers[name] for name in given["SignedHeaders"].split(";")}
    url = f"http://{request.headers['Host']}{request.raw_path}"
    again = AWSRequest(request.method, url, signed, body)
    again.context["timestamp"] = request.headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(KEY, SECRET), "polly", REGION)
    text = signer.string_to_sign(again, signer.canonical_request(again))
    if given["Signature"] != signer.signature(text, again):
        raise Refused("InvalidSignatureException", 403)


def amazon_polly(polly: PollyService) -> HttpService:
    """Return the service, to be entered."""
    environment = {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
        # The keys of whoever runs the tests are not looked at.
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return HttpService("polly", polly.answer, address="endpoint", environment=environment)
