"""Microscope images: blood smears with boxes, nuclei in fluorescence and in stained tissue with a mask for each."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from scipy import ndimage

from .common import Files

SMEAR, FIELD, SLIDE = (160, 208), (64, 64), (64, 80)  # height and width
OBJECT = """\t<object>
\t\t<name>{}</name>
\t\t<pose>Unspecified</pose>
\t\t<truncated>0</truncated>
\t\t<difficult>0</difficult>
\t\t<bndbox>
\t\t\t<xmin>{}</xmin>
\t\t\t<ymin>{}</ymin>
\t\t\t<xmax>{}</xmax>
\t\t\t<ymax>{}</ymax>
\t\t</bndbox>
\t</object>
"""


def encoded(pixels: np.ndarray, form: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **options)
    return buffer.getvalue()


def ellipse(shape: tuple[int, int], row: float, column: float, radii: tuple[float, float], angle: float) -> np.ndarray:
    """True inside an ellipse."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    along = (y - row) * np.cos(angle) + (x - column) * np.sin(angle)
    across = (x - column) * np.cos(angle) - (y - row) * np.sin(angle)
    return (along / radii[0]) ** 2 + (across / radii[1]) ** 2 <= 1


# --- bccd -------------------------------------------------------------------------------------------------------------

KINDS = {"RBC": (22, (205, 130, 130)), "WBC": (38, (120, 70, 150)), "Platelets": (7, (130, 80, 160))}


def smear(generator: np.random.Generator) -> tuple[np.ndarray, list[tuple[str, list[int]]]]:
    """One image and its boxes: paler centers in red cells, a dark core in white ones."""
    canvas = np.full((*SMEAR, 3), (225, 215, 215), float) + generator.normal(0, 3, (*SMEAR, 1))
    kinds = ["RBC"] * int(generator.integers(4, 12)) + ["WBC"] + ["Platelets"] * int(generator.integers(1, 3))
    boxes = []
    for kind in kinds:
        typical, color = KINDS[kind]
        radius = typical * generator.uniform(0.9, 1.1)
        row, column = generator.uniform(0.15, 0.85, 2) * SMEAR
        canvas[ellipse(SMEAR, row, column, (radius, radius), 0)] = color
        if kind == "RBC":
            canvas[ellipse(SMEAR, row, column, (radius / 2, radius / 2), 0)] = (220, 165, 165)
        if kind == "WBC":
            canvas[ellipse(SMEAR, row, column, (radius * 0.7, radius * 0.5), 1)] = (80, 30, 130)
        low = np.maximum([column - radius, row - radius], 1).astype(int)
        high = np.minimum([column + radius, row + radius], SMEAR[::-1]).astype(int)
        boxes.append((kind, [*low.tolist(), *high.tolist()]))
    return np.clip(ndimage.gaussian_filter(canvas, (1, 1, 0)), 0, 255).astype(np.uint8), boxes


def bccd(generator: np.random.Generator) -> Files:
    """Images, boxes in XML and lists of the parts; two boxes have no width, as in the real files."""
    files: Files = {}
    names = [f"BloodImage_{number:05d}" for number in range(18)]
    for number, name in enumerate(names):
        pixels, boxes = smear(generator)
        if number in (3, 11):
            boxes.append(("Platelets" if number == 3 else "RBC", [40, 20, 40, 60]))
        height, width = SMEAR
        head = f"<annotation>\n\t<folder>JPEGImages</folder>\n\t<filename>{name}.jpg</filename>\n\t<size>\n"
        head += f"\t\t<width>{width}</width>\n\t\t<height>{height}</height>\n\t\t<depth>3</depth>\n\t</size>\n"
        body = "".join(OBJECT.format(kind, *box) for kind, box in boxes)
        files[f"BCCD/JPEGImages/{name}.jpg"] = encoded(pixels, "JPEG", quality=60)
        files[f"BCCD/Annotations/{name}.xml"] = f"{head}{body}</annotation>\n"
    order = [names[i] for i in generator.permutation(len(names))]
    for part, members in {"train": order[:9], "val": order[9:13], "test": order[13:]}.items():
        files[f"BCCD/ImageSets/Main/{part}.txt"] = "".join(f"{name}\n" for name in sorted(members))
    return files


# --- nuclei -----------------------------------------------------------------------------------------------------------


def masks_of(shape: tuple[int, int], n: int, radius: float, generator: np.random.Generator) -> list[np.ndarray]:
    """Nuclei that may touch and do not overlap."""
    found: list[np.ndarray] = []
    taken = np.zeros(shape, bool)
    while len(found) < n:
        radii = tuple(radius * generator.uniform(0.7, 1.3, 2))
        row, column = generator.uniform(0.05, 0.95, 2) * shape
        inside = ellipse(shape, row, column, radii, generator.uniform(0, np.pi)) & ~taken
        if inside.sum() > 8 and ndimage.label(inside)[1] == 1:
            taken |= inside
            found.append(inside)
    return found


def stored(name: str, pixels: np.ndarray, masks: list[np.ndarray], generator: np.random.Generator) -> Files:
    """An image with an opaque alpha channel, and a file for each nucleus, as in the original folders."""
    alpha = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    files: Files = {f"stage1_train/{name}/images/{name}.png": encoded(np.concatenate([pixels, alpha], 2), "PNG")}
    for mask in masks:
        identity = generator.bytes(32).hex()
        files[f"stage1_train/{name}/masks/{identity}.png"] = encoded((mask * 255).astype(np.uint8), "PNG", optimize=1)
    return files


def nuclei_fluo(generator: np.random.Generator) -> Files:
    """Fields of four experiments that differ in background, brightness and size of the nuclei; some are copies."""
    files: Files = {}
    experiments = [(14, 70, 5.0, 5), (5, 35, 8.0, 7), (6, 55, 6.5, 4), (15, 120, 4.0, 8)]
    for number in range(20):
        background, brightness, radius, n = experiments[number % 4]
        if number < 16:
            masks = masks_of(FIELD, n + int(generator.integers(4)), radius, generator)
        else:  # the same cells a little later
            masks = [np.roll(mask, 1, axis=0) for mask in masks_of(FIELD, n, radius, np.random.default_rng(number % 4))]
        light = sum(mask * brightness * generator.uniform(0.5, 1.3) for mask in masks)
        light = ndimage.gaussian_filter(light, 1) + background + generator.normal(0, 1, FIELD)
        pixels = np.repeat(np.clip(light, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
        files |= stored(generator.bytes(32).hex(), pixels, masks, generator)
    return files


def nuclei_stained(generator: np.random.Generator) -> Files:
    """Slides in three stains: dark nuclei on a brighter ground, with blurred shadows that are not nuclei."""
    files: Files = {}
    stains = [
        ((205, 200, 215), (90, 40, 130), 5.0),
        ((175, 150, 205), (70, 20, 160), 6.0),
        ((230, 170, 200), (110, 50, 120), 7.0),
    ]
    for number in range(14):
        ground, ink, radius = stains[number % 3]
        masks = masks_of(SLIDE, 5 + int(generator.integers(5)), radius, generator)
        depth = ndimage.gaussian_filter(np.sum([mask * generator.uniform(0.6, 1.0) for mask in masks], axis=0), 0.8)
        shadow = ndimage.gaussian_filter(generator.normal(0, 1, SLIDE), 6)
        depth = np.clip(depth + 2 * np.maximum(shadow, 0) + generator.normal(0, 0.008, SLIDE), 0, 1)[..., None]
        pixels = np.array(ground) * (1 - depth) + np.array(ink) * depth
        files |= stored(generator.bytes(32).hex(), pixels.astype(np.uint8), masks, generator)
    return files
