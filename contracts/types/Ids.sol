// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev keccak(abi(chainId, DatasetRegistry, first owner, salt)).
type DatasetId is bytes32;

/// @dev keccak(abi(chainId, JobMarket, requester, salt)).
type JobId is bytes32;

/// @dev EIP-712 digest of `Terms` under the domain of GrantRegistry.
type GrantHash is bytes32;

/// @dev keccak(abi(chainId, AppRegistry, first owner, salt)). 0 means "none".
type AppId is bytes32;

/// @dev Counter of NodeRegistry, from 1. 0 means "none".
type NodeId is uint32;

using {eqDatasetId as ==, neqDatasetId as !=} for DatasetId global;
using {eqJobId as ==, neqJobId as !=} for JobId global;
using {eqGrantHash as ==, neqGrantHash as !=} for GrantHash global;
using {eqAppId as ==, neqAppId as !=} for AppId global;
using {eqNodeId as ==, neqNodeId as !=} for NodeId global;

function eqDatasetId(DatasetId a, DatasetId b) pure returns (bool) {
    return DatasetId.unwrap(a) == DatasetId.unwrap(b);
}

function neqDatasetId(DatasetId a, DatasetId b) pure returns (bool) {
    return DatasetId.unwrap(a) != DatasetId.unwrap(b);
}

function eqJobId(JobId a, JobId b) pure returns (bool) {
    return JobId.unwrap(a) == JobId.unwrap(b);
}

function neqJobId(JobId a, JobId b) pure returns (bool) {
    return JobId.unwrap(a) != JobId.unwrap(b);
}

function eqGrantHash(GrantHash a, GrantHash b) pure returns (bool) {
    return GrantHash.unwrap(a) == GrantHash.unwrap(b);
}

function neqGrantHash(GrantHash a, GrantHash b) pure returns (bool) {
    return GrantHash.unwrap(a) != GrantHash.unwrap(b);
}

function eqAppId(AppId a, AppId b) pure returns (bool) {
    return AppId.unwrap(a) == AppId.unwrap(b);
}

function neqAppId(AppId a, AppId b) pure returns (bool) {
    return AppId.unwrap(a) != AppId.unwrap(b);
}

function eqNodeId(NodeId a, NodeId b) pure returns (bool) {
    return NodeId.unwrap(a) == NodeId.unwrap(b);
}

function neqNodeId(NodeId a, NodeId b) pure returns (bool) {
    return NodeId.unwrap(a) != NodeId.unwrap(b);
}
