// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset, IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetId} from "../../../contracts/types/Ids.sol";
import {WriterPublication} from "../../../contracts/types/Publication.sol";
import {Writer, WriterKind} from "../../../contracts/types/Writer.sol";
import {DatasetKit} from "../helpers/DatasetKit.sol";
import {SmartWallet} from "../helpers/SmartWallet.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Writers that sign, and writers that are code.
contract DatasetWriterSignaturesTest is DatasetKit {
    bytes32 private constant UPGRADE = keccak256("ingester 2");

    function setUp() public override {
        super.setUp();
        setWriter(keyWriter());
        setWriter(codeWriter());
    }

    function test_publishAsWriterBySig() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        bytes memory signed = signWriting(writing, WRITER_KEY);
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetWritten(
            datasetId, keyWriter().id, WRITER, keyWriter(), 2, 1, 1, headWith("manifest 2")
        );
        vm.prank(STRANGER);
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
        eq(datasets.datasetOf(datasetId).version, 2);
        eq(usedOf(keyWriter()), 1);
    }

    function test_publishAsWriterBySig_OfSmartWallet() public {
        Writer memory wallet = Writer(WriterKind.Key, bytes32(uint256(uint160(address(new SmartWallet(OTHER))))));
        setWriter(wallet);
        writeSigned(makeWriting(wallet), OTHER_KEY);
        eq(usedOf(wallet), 1);
    }

    // Replay

    function test_RevertWhen_WritersSignatureIsReplayed() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        writeSigned(writing, WRITER_KEY);
        bytes memory signed = signWriting(writing, WRITER_KEY);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetVersionStale.selector, datasetId, 2, 3));
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
    }

    /// The head is that of the message again, the version is not.
    function test_RevertWhen_WritersSignatureIsReplayedAfterARollback() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        bytes memory signed = signWriting(writing, WRITER_KEY);
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
        vm.prank(OWNER);
        datasets.publish(datasetId, headWith("manifest 2"), "manifest", "keybox", "guardians", 1, none);
        eq(datasets.datasetOf(datasetId).headHash, writing.previousHead);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetVersionStale.selector, datasetId, 2, 4));
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
    }

    function test_RevertWhen_WritersSignatureIsReplayedOnAnotherChain() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        bytes memory signed = signWriting(writing, WRITER_KEY);
        vm.chainId(block.chainid + 1);
        expectInvalid(keyWriter());
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
    }

    function test_RevertWhen_WritersSignatureIsReplayedOnAnotherRegistry() public {
        IDatasetRegistry other = deployRegistry(address(keys));
        vm.startPrank(OWNER);
        DatasetId id = other.registerDataset("first", "manifest", "keybox", "guardians", commitments(2));
        other.setWriter(id, firstHead(), keyWriter(), 1, UNTIL, 3);
        vm.stopPrank();
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.datasetId = id;
        bytes memory signed = signWriting(writing, WRITER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.WriterSignatureInvalid.selector, id, keyWriter())
        );
        other.publishAsWriterBySig(writing, firstHead(), signed);
    }

    /// Set again by a new owner before anything was published: head and version are as they were.
    function test_RevertWhen_SignatureForTheFormerOwnerIsUsed() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.deadline = type(uint40).max;
        bytes memory signed = signWriting(writing, WRITER_KEY);
        handTo(BUYER);
        vm.prank(BUYER);
        datasets.setWriter(datasetId, firstHead(), keyWriter(), 1, UNTIL, 3);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetKeyEpochInvalid.selector, datasetId, 1, 2));
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
    }

    /// A key that is two writers: what it signed as one does not spend what it has as the other.
    function test_RevertWhen_SignatureIsUsedForTheKeysOtherWriter() public {
        keys.set(WRITER, MEASUREMENT, true);
        WriterPublication memory writing = makeWriting(keyWriter());
        bytes memory signed = signWriting(writing, WRITER_KEY);
        writing.writer = codeWriter();
        vm.expectPartialRevert(IDatasetRegistry.WriterKeyNotUsable.selector);
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
    }

    function test_RevertWhen_SignedWritingIsLate() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        bytes memory signed = signWriting(writing, WRITER_KEY);
        vm.warp(SOON + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetDeadlinePassed.selector, datasetId, SOON, SOON + 1)
        );
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
    }

    // Who signed

    function test_RevertWhen_WritingIsSignedByAnother() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        bytes memory signed = signWriting(writing, OWNER_KEY);
        expectInvalid(keyWriter());
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
    }

    function test_RevertWhen_WritersSignatureIsMalleated() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        bytes memory signed = signWriting(writing, WRITER_KEY);
        expectInvalid(keyWriter());
        datasets.publishAsWriterBySig(writing, firstHead(), malleated(signed));
    }

    function test_RevertWhen_EnclavesSignatureIsMalleated() public {
        WriterPublication memory writing = makeWriting(codeWriter());
        bytes memory signed = signWriting(writing, ENCLAVE_KEY);
        expectInvalid(codeWriter());
        datasets.publishAsWriterBySig(writing, firstHead(), malleated(signed));
        expectInvalid(codeWriter());
        datasets.publishAsWriterBySig(writing, firstHead(), "");
    }

    // Measurements

    function test_publishAsWriter_ByEnclaveKey() public {
        WriterPublication memory writing = makeWriting(codeWriter());
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetWritten(
            datasetId, MEASUREMENT, ENCLAVE, codeWriter(), 2, 1, 1, headWith("manifest 2")
        );
        vm.prank(ENCLAVE);
        datasets.publishAsWriter(writing, firstHead());
        eq(usedOf(codeWriter()), 1);
        eq(usedOf(keyWriter()), 0);
    }

    function test_publishAsWriterBySig_ByEnclaveKey() public {
        writeSigned(makeWriting(codeWriter()), ENCLAVE_KEY);
        eq(usedOf(codeWriter()), 1);
    }

    /// The versions are the measurement's, whichever of its keys uses them.
    function test_publishAsWriter_EnclaveKeysShareTheirVersions() public {
        vm.prank(OWNER);
        datasets.setWriter(datasetId, firstHead(), codeWriter(), 1, UNTIL, 1);
        keys.set(OTHER, MEASUREMENT, true);
        writeSigned(makeWriting(codeWriter()), ENCLAVE_KEY);
        WriterPublication memory writing = makeNextWriting(codeWriter(), 3, "manifest 2", "manifest 3");
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterExhausted.selector, datasetId, 1, 1));
        vm.prank(OTHER);
        datasets.publishAsWriter(writing, headWith("manifest 2"));
    }

    /// The registry of nodes says so of keys whose measurement is banned, and of destroyed, frozen and expired ones.
    function test_RevertWhen_EnclaveKeyIsBannedOrDestroyed() public {
        keys.set(ENCLAVE, MEASUREMENT, false);
        expectKeyNotUsable(ENCLAVE, MEASUREMENT, false);
    }

    function test_RevertWhen_EnclaveKeyIsUnknown() public {
        keys.set(ENCLAVE, 0, false);
        expectKeyNotUsable(ENCLAVE, 0, false);
    }

    /// An upgrade is other code. The owner names it, or it writes nothing.
    function test_RevertWhen_EnclaveRunsOtherCode() public {
        keys.set(ENCLAVE, UPGRADE, true);
        expectKeyNotUsable(ENCLAVE, UPGRADE, true);
    }

    function test_RevertWhen_StrangerWritesInACodesName() public {
        WriterPublication memory writing = makeWriting(codeWriter());
        expectNotUsable(STRANGER, 0, false);
        vm.prank(STRANGER);
        datasets.publishAsWriter(writing, firstHead());
    }

    /// The measurement's 32 bytes name nobody's address, and an address no measurement.
    function test_RevertWhen_KeyOfAWriterIsTakenForItsMeasurement() public {
        Writer memory writer = Writer(WriterKind.Measurement, keyWriter().id);
        setWriter(writer);
        WriterPublication memory writing = makeWriting(writer);
        expectNotUsable(WRITER, 0, false);
        write(writing);
    }

    /// Deployed before the registry that it asks: nothing is there, nothing is written.
    function test_RevertWhen_NobodyKnowsTheKeys() public {
        IDatasetRegistry alone = deployRegistry(address(0xdead));
        vm.startPrank(OWNER);
        DatasetId id = alone.registerDataset("first", "manifest", "keybox", "guardians", commitments(2));
        alone.setWriter(id, firstHead(), codeWriter(), 1, UNTIL, 3);
        vm.stopPrank();
        WriterPublication memory writing = makeWriting(codeWriter());
        writing.datasetId = id;
        vm.expectRevert();
        vm.prank(ENCLAVE);
        alone.publishAsWriter(writing, firstHead());
    }

    function test_writerPublicationDigest() public view {
        WriterPublication memory w = makeWriting(codeWriter());
        bytes32 writingType = keccak256(
            bytes.concat(
                "WriterPublication(bytes32 datasetId,Writer writer,bytes32 previousHead,uint48 version,",
                "uint32 keyEpoch,bytes32 manifestDigest,uint256 segments,uint40 deadline)",
                "Writer(uint8 kind,bytes32 id)"
            )
        );
        bytes32 writer = keccak256(abi.encode(keccak256("Writer(uint8 kind,bytes32 id)"), uint8(2), MEASUREMENT));
        bytes memory first = abi.encode(writingType, w.datasetId, writer, w.previousHead, uint256(w.version));
        bytes memory second = abi.encode(uint256(w.keyEpoch), w.manifestDigest, w.segments, uint256(w.deadline));
        eq(datasets.writerPublicationDigest(w), typedDigest(keccak256(bytes.concat(first, second))));
    }

    // Fuzz

    function testFuzz_publishAsWriterBySig_AnyKey(uint256 key, bool code) public {
        key = bound(key, 1, ORDER - 1);
        address signer = vm.addr(key);
        keys.set(signer, UPGRADE, true);
        Writer memory writer = code
            ? Writer(WriterKind.Measurement, UPGRADE)
            : Writer(WriterKind.Key, bytes32(uint256(uint160(signer))));
        setWriter(writer);
        writeSigned(makeWriting(writer), key);
        Dataset memory dataset = datasets.datasetOf(datasetId);
        eq(dataset.version, 2);
        eq(dataset.headHash, datasets.hashHead(headWith("manifest 2")));
    }

    function testFuzz_RevertWhen_AnyFieldOfAWritingChangesAfterSigning(uint8 field, uint256 value, bool code) public {
        WriterPublication memory writing = makeWriting(code ? codeWriter() : keyWriter());
        bytes memory signed = signWriting(writing, code ? ENCLAVE_KEY : WRITER_KEY);
        bytes32 before = datasets.writerPublicationDigest(writing);
        field %= 8;
        if (field == 0) writing.datasetId = DatasetId.wrap(bytes32(value));
        else if (field == 1) writing.writer = code ? keyWriter() : codeWriter();
        else if (field == 2) writing.previousHead = bytes32(value);
        else if (field == 3) writing.version = uint48(value);
        else if (field == 4) writing.keyEpoch = uint32(value);
        else if (field == 5) writing.manifestDigest = bytes32(value);
        else if (field == 6) writing.segments = value;
        else writing.deadline = uint40(value);
        vm.assume(datasets.writerPublicationDigest(writing) != before);
        vm.expectRevert();
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
        eq(datasets.datasetOf(datasetId).version, 1);
    }

    function testFuzz_RevertWhen_WritersSignatureIsNoise(bytes memory noise, bool code) public {
        WriterPublication memory writing = makeWriting(code ? codeWriter() : keyWriter());
        vm.expectRevert();
        datasets.publishAsWriterBySig(writing, firstHead(), noise);
    }

    /// @dev Neither as a caller nor as a signer.
    function expectKeyNotUsable(address signer, bytes32 measurement, bool usable) private {
        WriterPublication memory writing = makeWriting(codeWriter());
        bytes memory signed = signWriting(writing, ENCLAVE_KEY);
        expectNotUsable(signer, measurement, usable);
        vm.prank(signer);
        datasets.publishAsWriter(writing, firstHead());
        expectNotUsable(signer, measurement, usable);
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
    }

    function expectNotUsable(address signer, bytes32 measurement, bool usable) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IDatasetRegistry.WriterKeyNotUsable.selector, datasetId, signer, measurement, usable
            )
        );
    }

    function expectInvalid(Writer memory writer) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.WriterSignatureInvalid.selector, datasetId, writer)
        );
    }
}
