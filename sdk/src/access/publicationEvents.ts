import { parseAbi } from "viem";

/**
 * The registry's events that tell of versions, as contracts/interfaces/IDatasetRegistry.sol has them. Written out: a page that loads this later would
 * otherwise have all ABIs from the start.
 */
export const publicationEvents = parseAbi([
  "struct DatasetHead { bytes32 manifestDigest; bytes32 keyBoxDigest; bytes32 guardianSetHash; bytes32 catalogueHash; uint32 catalogueLength; }",
  "struct Writer { uint8 kind; bytes32 id; }",
  "event DatasetRegistered(bytes32 indexed datasetId, address indexed owner, bytes32 salt, DatasetHead head, bytes32[] commitments)",
  "event DatasetPublished(bytes32 indexed datasetId, address indexed owner, uint48 version, uint32 keyEpoch, DatasetHead head, bytes32[] appended)",
  "event DatasetWritten(bytes32 indexed datasetId, bytes32 indexed writerId, address indexed signer, Writer writer, uint48 version, uint32 keyEpoch, uint256 segments, DatasetHead head)",
]);
