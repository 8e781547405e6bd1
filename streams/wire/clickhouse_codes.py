"""ClickHouse's error codes, sorted by whether the same call may succeed if it is made again."""

from clickhouse_driver.errors import ErrorCodes as Codes


def _by_code(reasons: dict[str, tuple[int, ...]]) -> dict[int, str]:
    return {code: reason for reason, codes in reasons.items() for code in codes}


LATER = _by_code(
    {
        "disk": (
            Codes.CANNOT_READ_FROM_FILE_DESCRIPTOR,
            Codes.CANNOT_WRITE_TO_FILE_DESCRIPTOR,
            Codes.CANNOT_OPEN_FILE,
            Codes.CANNOT_FSYNC,
            Codes.NOT_ENOUGH_SPACE,
        ),
        "network": (
            Codes.CANNOT_READ_FROM_SOCKET,
            Codes.CANNOT_WRITE_TO_SOCKET,
            Codes.DNS_ERROR,
            Codes.SOCKET_TIMEOUT,
            Codes.NETWORK_ERROR,
            Codes.ALL_CONNECTION_TRIES_FAILED,
        ),
        "timeout": (Codes.TIMEOUT_EXCEEDED, Codes.TOO_SLOW),
        "memory": (Codes.CANNOT_ALLOCATE_MEMORY, Codes.MEMORY_LIMIT_EXCEEDED),
        "overloaded": (
            Codes.QUOTA_EXPIRED,
            Codes.TOO_MANY_SIMULTANEOUS_QUERIES,
            Codes.NO_FREE_CONNECTION,
            Codes.TOO_MANY_PARTS,
            439,  # CANNOT_SCHEDULE_TASK
            473,  # DEADLOCK_AVOIDED
            745,  # SERVER_OVERLOADED
        ),
        "read_only": (Codes.TABLE_IS_READ_ONLY,),
        "replicas": (
            Codes.NO_ZOOKEEPER,
            Codes.KEEPER_EXCEPTION,
            Codes.REPLICA_IS_NOT_IN_QUORUM,
            Codes.TOO_LESS_LIVE_REPLICAS,
            Codes.NO_ACTIVE_REPLICAS,
            Codes.NO_AVAILABLE_REPLICA,
            Codes.ALL_REPLICAS_ARE_STALE,
            Codes.UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE,
            Codes.UNKNOWN_STATUS_OF_INSERT,
        ),
        "stopped": (Codes.ABORTED, Codes.QUERY_WAS_CANCELLED, Codes.UNFINISHED),
    }
)
"""Failures that pass by themselves or that an operator ends, by code; the value says why."""

NEVER = _by_code(
    {
        "syntax": (Codes.SYNTAX_ERROR, Codes.INCORRECT_QUERY, Codes.EMPTY_QUERY),
        "not_supported": (
            Codes.NOT_IMPLEMENTED,
            Codes.SUPPORT_IS_DISABLED,
            Codes.INTO_OUTFILE_NOT_ALLOWED,
        ),
        "unknown_name": (
            Codes.UNKNOWN_TABLE,
            Codes.UNKNOWN_DATABASE,
            Codes.UNKNOWN_IDENTIFIER,
            Codes.UNKNOWN_FUNCTION,
            Codes.UNKNOWN_AGGREGATE_FUNCTION,
            Codes.UNKNOWN_TYPE,
            Codes.UNKNOWN_STORAGE,
            Codes.UNKNOWN_SETTING,
            Codes.THERE_IS_NO_COLUMN,
            Codes.NOT_FOUND_COLUMN_IN_BLOCK,
            Codes.NO_SUCH_COLUMN_IN_TABLE,
        ),
        "exists": (
            Codes.TABLE_ALREADY_EXISTS,
            Codes.DATABASE_ALREADY_EXISTS,
            Codes.DUPLICATE_COLUMN,
        ),
        "type": (
            Codes.INCORRECT_NUMBER_OF_COLUMNS,
            Codes.NUMBER_OF_COLUMNS_DOESNT_MATCH,
            Codes.NUMBER_OF_ARGUMENTS_DOESNT_MATCH,
            Codes.CANNOT_PARSE_TEXT,
            Codes.CANNOT_PARSE_INPUT_ASSERTION_FAILED,
            Codes.CANNOT_PARSE_DATE,
            Codes.CANNOT_PARSE_DATETIME,
            Codes.CANNOT_PARSE_NUMBER,
            Codes.CANNOT_PARSE_UUID,
            Codes.CANNOT_CONVERT_TYPE,
            Codes.CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN,
            Codes.ILLEGAL_TYPE_OF_ARGUMENT,
            Codes.ILLEGAL_COLUMN,
            Codes.INCORRECT_DATA,
            Codes.NO_COMMON_TYPE,
            Codes.TYPE_MISMATCH,
            Codes.VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE,
            691,  # UNKNOWN_ELEMENT_OF_ENUM
        ),
        "argument": (
            Codes.BAD_ARGUMENTS,
            Codes.ARGUMENT_OUT_OF_BOUND,
            Codes.NOT_AN_AGGREGATE,
            Codes.ILLEGAL_AGGREGATION,
            Codes.FUNCTION_THROW_IF_VALUE_IS_NON_ZERO,
            469,  # VIOLATED_CONSTRAINT
        ),
        "limit": (Codes.TOO_MANY_ROWS, Codes.TOO_MANY_BYTES, Codes.TOO_MANY_ROWS_OR_BYTES),
        "access": (
            Codes.READONLY,
            Codes.UNKNOWN_USER,
            Codes.WRONG_PASSWORD,
            Codes.REQUIRED_PASSWORD,
            497,  # ACCESS_DENIED
            516,  # AUTHENTICATION_FAILED
        ),
    }
)
"""Calls that are wrong as they stand, whatever the server's state, by code."""
