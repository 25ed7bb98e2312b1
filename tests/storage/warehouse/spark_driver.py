"""The driver of a Spark application: figures of a lake, on the cluster that it is given.

Usage: python spark_driver.py MASTER LAKE

A process of its own, so that no virtual machine outlives a test that fails.
"""

import json
import sys
from typing import Any

import ibis
from pyspark.sql import SparkSession

from pytest_llm_telemetry.storage.warehouse import expressions

SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.driver.memory": "768m",
    "spark.executor.memory": "768m",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    # what pays for large data only: a test's time is all planning and compiling
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def main() -> None:
    """Print one JSON object: the executors that worked, and figures by service and suite."""
    master, lake = sys.argv[1:]
    builder = SparkSession.builder.appName("figures").master(master)
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        spark = ibis.pyspark.connect(session)
        events = spark.read_parquet(lake, table_name="events")
        found = {
            "figures": _rows(spark, expressions.figures(events, ["service", "suite"])),
            "errors": _rows(spark, expressions.errors_by_type(events)),
            "master": session.sparkContext.master,
            "executors": session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1,
        }
    finally:
        session.stop()
    print(json.dumps(found))


def _rows(spark: Any, expression: Any) -> list[dict[str, Any]]:
    """Without pandas, which would make NaN of null."""
    return [row.asDict() for row in spark.raw_sql(spark.compile(expression)).collect()]


if __name__ == "__main__":
    main()
